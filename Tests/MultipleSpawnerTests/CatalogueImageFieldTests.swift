import MultipleSpawner
import Testing

/// The fields of images and files, as browsers and SwarmSpawner's tests send them.
@Suite struct `Catalogue: the form's images and files` {
    private static let templates = """
        [
          {"name": "Boat", "resource_type": "container", "providers": ["local"],
           "kwargs": {"images": [{"name": "It's \\"quoted\\" \\\\ é", "image": "lab/base:1", "about": "the usual"},
                                 {"name": "Other", "image": "lab/base:1"},
                                 {"name": "Hidden", "image": "lab/secret:1", "access": ["bob"]}],
                      "uploads": 2}},
          {"name": "Ship", "resource_type": "container", "providers": ["ku"],
           "kwargs": {"images": [{"name": "Ship's", "image": "lab/ship:1"}]}},
          {"name": "Plain", "resource_type": "bare_metal", "providers": ["local"]}
        ]
        """

    private func form(_ last: JSONValue = nil, deployments: String? = nil) throws -> SpawnForm {
        try Given.catalogue(Self.templates, deployments: deployments).form(for: "alice", groups: [], last: last)
    }

    private func options(_ values: String..., fields: [String: [String]] = [:]) throws -> JSONValue {
        try form().options(from: fields.merging(["select_image": values]) { $1 })
    }

    @Test func `it lists the images that the user may have, and each menu once`() throws {
        let form = try form()
        #expect(form.menus.map { $0.images.map(\.image) } == [["lab/base:1", "lab/base:1"], ["lab/ship:1"]])
        #expect(form.menus[0].images[0].description == "the usual")
        #expect(form.menus.map { $0.uploads?.mostFiles } == [2, nil])
        #expect(form.providers.flatMap(\.types).flatMap(\.templates).map(\.menu) == [0, nil, 1])
        let launched = try self.form(
            deployments: #"{"container": [{"name": "a"}, {"name": "b", "images": [{"name": "B", "image": "b:1"}]}]}"#)
        #expect(launched.providers[0].types[0].templates[0].menu == nil)
        #expect(
            launched.menus[launched.providers[0].types[0].templates[0].deployments[1].menu ?? 9].images[0].image
                == "b:1")
    }

    @Test(arguments: [
        #"{"image": "lab/base:1", "name": "Other"}"#, #"{'image': 'lab/base:1', 'name': 'Other'}"#,
        #" { "name" : "Other" } "#, #"{'name':'Other',}"#, #"{"image":"lab\/base:1","name":"\u004fther"}"#,
        #"{'image': "lab/base:1", 'name': '\x4fther'}"#,
    ])
    func `an image comes as JSON or as Python's dictionary`(value: String) throws {
        let expected: JSONValue = [
            "spawn_options": [:], "user_selected_image": "lab/base:1", "user_selected_name": "Other",
        ]
        #expect(try options(value) == expected)
        let plan = try Given.catalogue(Self.templates).plan(for: Given.request(options(value)))
        #expect(plan.options["image"] == "lab/base:1 as Other")
    }

    @Test(arguments: [
        #"{"image": "lab/base:1", "name": "It's \"quoted\" \\ é"}"#,
        #"{'image': 'lab/base:1', 'name': 'It\'s "quoted" \\ é'}"#,
        #"{'image': 'lab/base:1', 'name': "It's \"quoted\" \\ \xe9"}"#,
    ])
    func `quotes in a name come through in either language`(value: String) throws {
        #expect(try options(value)["user_selected_name"] == "It's \"quoted\" \\ é")
    }

    @Test func `what the field of an image holds is read back as that image`() throws {
        let form = try form()
        for image in form.menus.flatMap(\.images) {
            let options = try form.options(from: ["select_image": [image.value]])
            #expect(options["user_selected_name"] == .string(image.name))
            #expect(options["user_selected_image"] == .string(image.image))
            #expect(try self.form(options).values[.image] == image.value)
        }
    }

    @Test(
        arguments: [
            #"{"image": "lab/secret:1", "name": "Hidden"}"#, #"{"image": "evil:1", "name": "Other"}"#,
            #"{"image": "lab/base:1", "name": "Evil"}"#, #"{"name": ""}"#,
        ])
    func `an image that is not on offer is refused`(value: String) throws {
        let error = #expect(throws: SpawnError.self) { try options(value) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("the field 'select_image' is '") == true)
        #expect(error?.message.contains("choose one of") == true)
        #expect(error?.message.contains("'Ship's'") == true)
        #expect(error?.message.contains("'Hidden'") == value.contains("Hidden"))
    }

    @Test(
        arguments: [
            "lab/base:1", "[]", "{}", "{", "}", "null", "{'name': 1}", "{'name': None}", "{'name': ['a']}",
            "{'name': {'name': {}}}", "{'name': 'a' 'b'}", "{'name': 'Other'} x", "{'name': 'a', 'name': 'b'}",
            "{'name': __import__('os').system('id')}", "{'nam': 'Other'}", "{name: 'Other'}", "{'name': 'Other\n'}",
            "{'name': '\\ud800'}", "{'name': '\\ud800\\u0041'}", "{'name': '\\uZZZZ'}", "{'name': '\\x'}",
            "{'name': '\\",
            "{'name': b'Other'}", "{'name': u'Other'}", "{,}", "{'name': 'Other',,}",
            String(repeating: "[", count: 4000), String(repeating: "{'name':", count: 500),
            "{'name': '" + String(repeating: "A", count: 5000) + "'}", String(repeating: "{", count: 1_000_000),
        ])
    func `anything else is an error that names the field, at once`(value: String) throws {
        let start = ContinuousClock.now
        let error = #expect(throws: SpawnError.self) { try options(value) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.hasPrefix("the field 'select_image' ") == true, "\(error?.message ?? "")")
        #expect((error?.message.utf8.count ?? 9999) < 300)
        #expect(ContinuousClock.now - start < .seconds(2))
    }

    @Test(arguments: [[], [""], ["  "]])
    func `no image, or other fields, ask for the usual one`(values: [String]) throws {
        let options = try form().options(from: ["select_image": values, "dockerimage": ["x"], "user-upload": [""]])
        #expect(options == ["spawn_options": [:]])
    }

    @Test func `a page without scripts sends the lists of all templates, and the choice decides`() throws {
        let values = [#"{"name": "Other"}"#, #"{"name": "Ship's"}"#]
        let ship = try form().options(from: ["provider": ["ku"], "select_image": values])
        #expect(ship["user_selected_name"] == "Ship's")
        let boat = try form().options(from: ["template": ["Boat"], "select_image": values])
        #expect(boat["user_selected_name"] == "Other")
        #expect(throws: SpawnError.self) { try form().options(from: ["template": ["Plain"], "select_image": values]) }
    }

    @Test(
        arguments: [
            ([("a.txt", 1), ("b.yml", 10)], nil), ([("a.txt", 11)], "has 11 bytes"), ([("a.exe", 1)], "'a.exe'"),
            ([("a.txt", 1), ("b.txt", 1), ("c.txt", 1)], "2 files at most"), ([("../a.txt", 1)], "'../a.txt'"),
            ([(".txt", 1)], "'.txt'"), ([(".a.txt", 1)], "'.a.txt'"), ([("a\u{0}.txt", 1)], "a plain one"),
            ([("..\\a.txt", 1)], "a plain one"), ([("a.txt/\u{301}", 1)], "a plain one"), ([("", 1)], "''"),
            ([("a.txt", 1), ("a.txt", 1)], "two files of the name 'a.txt'"), ([("a.txt\u{301}", 1)], "must end with"),
            ([(String(repeating: "a", count: 300) + ".txt", 1)], "a plain one"),
        ] as [([(String, Int)], String?)])
    func `files are held to what the choice takes`(files: [(String, Int)], expected: String?) throws {
        let files = files.map { (name: $0.0, bytes: $0.1) }
        guard let expected else {
            #expect(
                try form().options(from: ["template": ["Boat"]], files: files) == [
                    "spawn_options": ["template": "Boat"]
                ])
            return
        }
        let error = #expect(throws: SpawnError.self) { try form().options(from: ["template": ["Boat"]], files: files) }
        #expect(error?.message.hasPrefix("the field 'user-upload': ") == true)
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
        let elsewhere = #expect(throws: SpawnError.self) {
            try form().options(from: ["template": ["Plain"]], files: files)
        }
        #expect(elsewhere?.message.contains("takes no files") == true)
    }

    @Test func `the schema of the options has the images, the files and the keys that are on offer`() throws {
        let schema = try Given.catalogue(Self.templates).optionsSchema(for: "alice", groups: [])
        let properties = try #require(schema["properties"]?.objectValue)
        #expect(properties["user_install_files"] != nil)
        #expect(properties["resource_spec"] == nil)
        #expect(schema.text.contains(#""lab/ship:1""#))
        #expect(!schema.text.contains("lab/secret:1"))
    }
}

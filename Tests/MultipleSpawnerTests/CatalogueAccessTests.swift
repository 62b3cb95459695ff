import MultipleSpawner
import Testing

/// Access that stands in files of its own.
@Suite struct `Catalogue: access from files` {
    private static func template(_ access: String) -> String {
        #"[{"name": "a", "resource_type": "bare_metal", "providers": "local", "access": \#(access)}]"#
    }

    @Test(
        arguments: [
            (#"{"files": ["people"]}"#, ["people": "alice\n"], ["alice"], ["bob"]),
            (#"{"file": "people", "users": ["bob"]}"#, ["people": "alice"], ["alice", "bob"], ["carol"]),
            (#""./people""#, ["./people": "alice"], ["alice"], ["./people"]),
            (#""people.txt""#, ["people.txt": "alice"], ["alice"], ["people.txt"]),
            (#""~/people""#, ["~/people": "alice"], ["alice"], []),
            (#"["carol", "/etc/people"]"#, ["/etc/people": "alice"], ["alice", "carol"], ["bob"]),
            (#""alice""#, [:], ["alice"], ["bob", "malice", "ali"]),
            (#""Jane Doe""#, [:], ["Jane Doe"], ["Jane", "Doe"]),
            (
                #"{"files": ["a", "b"]}"#, ["a": "alice", "b": "bob"], ["alice", "bob"], ["carol"]
            ),
            (
                #"{"files": "people"}"#,
                [
                    "people":
                        "\u{FEFF}# who may\r\n\r\n  alice  # the first\r\n#bob\r\n\tcarol#1\r\ndave smith\n\u{E9}mile"
                ],
                ["alice", "carol#1", "dave smith", "\u{E9}mile"],
                ["bob", "#bob", "carol", "", "# who may", "the first", "alice\r"]
            ),
            (#"{"files": "people"}"#, ["people": ""], [], ["alice", "people"]),
        ] as [(String, [String: String], [String], [String])])
    func `a file has one user a line`(
        access: String, lists: [String: String], admitted: [String], refused: [String]
    ) throws {
        let catalogue = try Given.catalogue(Self.template(access), lists: lists)
        let found = try #require(catalogue.templates.first?.access)
        for user in admitted { #expect(found.admits(user: user, groups: []), "\(user)") }
        for user in refused { #expect(!found.admits(user: user, groups: []), "\(user)") }
    }

    @Test func `templates, deployments and images may name the same file, which is read once`() throws {
        let reading = Given.reading(
            """
            [{"name": "a", "resource_type": "bare_metal", "providers": "local", "access": "./people",
              "kwargs": {"images": [{"name": "N", "image": "i", "access": {"files": ["./people"]}}]}}]
            """,
            deployments: #"{"bare_metal": [{"name": "d", "access": ["./people", "./more"]}]}"#,
            lists: ["./people": "alice", "./more": "bob"])
        let catalogue = try #require(reading.catalogue, "\(reading.diagnostics)")
        #expect(reading.userLists == ["./people", "./more"])
        #expect(try catalogue.plan(for: Given.request()).options["image"] == "i as N")
        #expect(throws: SpawnError.self) { try catalogue.plan(for: Given.request(user: "bob")) }
    }

    @Test func `a file that is not there is an error where it is named`() {
        let reading = Given.reading(
            """
            [{"name": "a", "resource_type": "bare_metal", "providers": "local",
              "access": {"users": ["x"], "files": ["./here",
                                                    "./gone"]},
              "kwargs": {"images": [{"name": "N", "image": "i",
                                     "access": "./lost"}]}}]
            """, deployments: "{\"bare_metal\": [{\"name\": \"d\",\n \"access\": [\"./void\"]}]}",
            lists: ["./here": "alice"])
        #expect(reading.catalogue == nil)
        #expect(reading.places == ["3:41 unreadable-file", "5:36 unreadable-file", "2:13 unreadable-file"])
        #expect(reading.diagnostics[0].message == "cannot read './gone': No such file or directory")
        #expect(reading.diagnostics.map(\.file) == ["templates.json", "templates.json", "deployments.json"])
        #expect(Set(reading.userLists) == ["./here", "./gone", "./lost", "./void"])
    }

    @Test(arguments: ["alice\n\u{0}bob", "alice\nbo\u{7}b"])
    func `what is no list is refused with its line`(text: String) {
        let reading = Given.reading(Self.template(#""./people""#), lists: ["./people": text])
        #expect(reading.catalogue == nil)
        #expect(
            reading.diagnostics.first?.message
                == "'/etc/lists/./people': line 2 is no text in UTF-8; write one user a line")
    }

    @Test func `bytes that are no UTF-8 are refused`() {
        let reading = Catalogue.read(
            CatalogueSources(
                templates: CatalogueSources.File(name: "t", text: Self.template(#""./people""#)),
                userList: { _ in CatalogueSources.File(name: "people", bytes: [0x61, 0x0A, 0xFF, 0xFE]) }),
            registry: Given.registry)
        #expect(reading.diagnostics.first?.message.contains("'people': line 2") == true)
    }

    @Test func `without anybody who reads files, naming one is an error`() {
        let reading = Catalogue.read(
            CatalogueSources(templates: CatalogueSources.File(name: "t", text: Self.template(#""./people""#))),
            registry: Given.registry)
        #expect(reading.diagnostics.first?.message.contains("cannot be read here") == true)
    }
}

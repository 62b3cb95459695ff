import MultipleSpawner
import Testing

/// Images, files and further keys: what a template's menu lets its users choose, and what comes of it.
@Suite struct `Catalogue: menus` {
    private static let templates = """
        [
          {"name": "Plain", "resource_type": "bare_metal", "providers": ["local"]},
          {"name": "Boat", "resource_type": "container", "providers": ["local"], "limits": {"memory": 4},
           "kwargs": {
             "images": [
               {"name": "For bob", "image": "lab/secret:1", "access": {"users": ["bob"]}},
               {"name": "Base", "image": "lab/base:1"},
               {"name": "Base again", "image": "lab/base:1"},
               {"name": "For the lab", "image": "lab/lab:1", "access": {"groups": ["lab"]}},
               {"name": "Listed", "image": "lab/listed:1", "access": "lists/users.txt"}],
             "uploads": 2, "keys": ["resource_spec", "networks"]}}
        ]
        """

    private func plan(
        _ options: JSONValue, user: String = "alice", groups: Set<String> = [], files: [String: [UInt8]] = [:],
        deployments: String? = nil
    ) throws -> SessionPlan {
        try Given.catalogue(
            Self.templates, deployments: deployments, lists: ["lists/users.txt": "# the listed\ncarol\n"]
        ).plan(for: Given.request(options, user: user, groups: groups, files: files))
    }

    private func refusal(_ options: JSONValue, user: String = "alice", files: [String: [UInt8]] = [:]) -> SpawnError? {
        #expect(throws: SpawnError.self) { try plan(options, user: user, files: files) }
    }

    // MARK: Images

    @Test(
        arguments: [
            ["user_selected_name": "Base again", "user_selected_image": "lab/base:1"],
            ["user_selected_name": "Base again"], ["spawn_image_name": "Base again"],
            ["spawn_image_name": "Base again", "spawn_image_data": "lab/base:1"],
            ["spawn_image_data": ["name": "Base again", "image": "lab/base:1"]],
            ["image": "lab/base:1", "user_selected_name": "Base again"],
            ["spawn_options": ["image": "lab/base:1"], "user_selected_name": "Base again"],
        ] as [JSONValue])
    func `an image is chosen by its name, by itself or by both, in each spelling`(options: JSONValue) throws {
        let plan = try plan(options)
        #expect(plan.template == "Boat")
        #expect(plan.options["image"] == "lab/base:1 as Base again")
    }

    @Test func `the image alone is the first that has it`() throws {
        #expect(try plan(["image": "lab/base:1"]).options["image"] == "lab/base:1 as Base")
        #expect(try plan(["user_selected_image": "lab/base:1"]).options["image"] == "lab/base:1 as Base")
    }

    @Test(
        arguments: [
            ("alice", [], "lab/base:1 as Base"), ("bob", [], "lab/secret:1 as For bob"),
            ("alice", ["lab"], "lab/base:1 as Base"),
        ] as [(String, Set<String>, JSONValue)])
    func `none chosen is the first that the user may have`(
        user: String, groups: Set<String>, expected: JSONValue
    ) throws {
        #expect(try plan(["template": "Boat"], user: user, groups: groups).options["image"] == expected)
    }

    @Test func `users, groups and files open an image`() throws {
        #expect(try plan(["image": "lab/secret:1"], user: "bob").options["image"] == "lab/secret:1 as For bob")
        #expect(try plan(["image": "lab/lab:1"], groups: ["lab"]).options["image"] == "lab/lab:1 as For the lab")
        #expect(try plan(["image": "lab/listed:1"], user: "carol").options["image"] == "lab/listed:1 as Listed")
    }

    @Test(arguments: ["lab/secret:1", "lab/lab:1", "lab/listed:1"])
    func `a forbidden image is as if it were not there`(image: String) throws {
        let forbidden = refusal(["user_selected_image": .string(image)])
        let without = try Given.catalogue(
            Self.templates.replacing(image, with: "gone:0"), lists: ["lists/users.txt": "carol"])
        let unknown = #expect(throws: SpawnError.self) {
            try without.plan(for: Given.request(["user_selected_image": .string(image)]))
        }
        #expect(forbidden == unknown)
        #expect(forbidden?.code == .invalidRequest)
        #expect(forbidden?.message.contains("'lab/base:1'") == true)
        for name in ["lab/secret:1", "lab/lab:1", "lab/listed:1", "For"] where name != image {
            #expect(forbidden?.message.contains(name) == false)
        }
    }

    @Test func `a name and an image that do not belong together are no choice`() {
        let error = refusal(["user_selected_name": "Base", "user_selected_image": "lab/secret:1"], user: "bob")
        #expect(error?.message.contains("does not offer the image 'lab/secret:1'") == true)
    }

    @Test func `who may use no image of a template is told so`() throws {
        let catalogue = try Given.catalogue(
            """
            [{"name": "a", "resource_type": "container", "providers": "local",
              "kwargs": {"images": [{"name": "N", "image": "i", "access": ["bob"]}]}}]
            """)
        let error = #expect(throws: SpawnError.self) { try catalogue.plan(for: Given.request()) }
        #expect(error?.code == .forbidden)
        #expect(error?.message.contains("may use none of the images of the template 'a'") == true)
        #expect(error?.message.contains("'N'") == false)
        #expect(catalogue.form(for: "alice", groups: []).isEmpty)
    }

    @Test func `a deployment's images take the place of the template's`() throws {
        let deployments = """
            {"container": [{"name": "usual"}, {"name": "other", "images": [{"name": "Own", "image": "own:1"}]}]}
            """
        #expect(try plan(["template": "Boat"], deployments: deployments).options["image"] == "lab/base:1 as Base")
        let own = try plan(["image": "own:1"], deployments: deployments)
        #expect(own.deployment == "other")
        #expect(own.options["image"] == "own:1 as Own")
        #expect(try plan(["deployment": "other"], deployments: deployments).options["image"] == "own:1 as Own")
        #expect(throws: SpawnError.self) {
            try plan(["deployment": "other", "image": "lab/base:1"], deployments: deployments)
        }
    }

    @Test func `placeholders in a list of images are filled in before it is read`() throws {
        let catalogue = try Given.catalogue(
            """
            [{"name": "a", "resource_type": "container", "providers": "local",
              "kwargs": {"images": [{"name": "Notebook of {username}", "image": "lab/{username}:1"}],
                         "uploads": "{MANY}"}}]
            """)
        let wish: JSONValue = ["user_selected_name": "Notebook of alice", "user_selected_image": "lab/alice:1"]
        let plan = try catalogue.plan(for: Given.request(wish, environment: ["MANY": "1"]))
        #expect(plan.options["image"] == "lab/alice:1 as Notebook of alice")
        #expect(catalogue.form(for: "alice", groups: []).menus.first?.images.first?.image == "lab/alice:1")
        let files: JSONValue = ["user_install_files": [["name": "a.txt", "data": "x"]]]
        #expect(try catalogue.plan(for: Given.request(files, environment: ["MANY": "1"])).files.count == 1)
        #expect(throws: SpawnError.self) { try catalogue.plan(for: Given.request(files, environment: ["MANY": "0"])) }
    }

    // MARK: Further keys

    @Test func `a further key goes to the backend of a template that has it`() throws {
        let plan = try plan([
            "resource_spec": ["mem_limit": 5, "empty": ""], "network": ["jh"], "name": "ignored", "placement": [:],
        ])
        #expect(plan.template == "Boat")
        #expect(plan.options["chosen resource_spec"] == ["mem_limit": 5, "empty": ""])
        #expect(plan.options["chosen networks"] == ["jh"])
        #expect(plan.options["chosen placement"] == nil)
        #expect(plan.options["most memory"] == .integer(4 << 30))
    }

    @Test(arguments: ["container_spec", "log_driver", "accelerators", "placement"])
    func `a key that no template has is refused by its name`(key: String) {
        let error = refusal([key: ["x": 1]])
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("it does not let users choose '\(key)'; leave it out") == true)
    }

    @Test func `what the backend refuses is told at once`() {
        #expect(refusal(["networks": ["host"]])?.message == "user options: 'networks' may not name 'host'")
        #expect(refusal(["networks": ["host"]])?.code == .forbidden)
    }

    @Test func `a decision shows the image, and the reason for each template`() throws {
        let catalogue = try Given.catalogue(Self.templates, lists: ["lists/users.txt": ""])
        let decision = catalogue.decide(for: try Given.request(["networks": ["jh"]]))
        #expect(decision.plan?.image == "lab/base:1")
        #expect(decision.plan?.imageName == "Base")
        #expect(decision.candidates[0].reason.contains("it does not let users choose 'networks'"))
    }

    // MARK: Files

    @Test func `files come with the request, or in it`() throws {
        let options: JSONValue = [
            "user_install_files": [
                ["name": "packages", "extension": ".txt", "sha256": "abc"],
                ["name": "environment", "extension": "yml", "data": "a: é"],
            ]
        ]
        let plan = try plan(options, files: ["abc": [1, 2]])
        #expect(plan.template == "Boat")
        #expect(
            plan.files == [
                UploadedFile(name: "packages.txt", content: [1, 2]),
                UploadedFile(name: "environment.yml", content: Array("a: é".utf8)),
            ])
        #expect(plan.options["files"] == ["packages.txt", "environment.yml"])
        #expect(Catalogue.fileReferences(in: options) == ["abc"])
        #expect(Catalogue.fileReferences(in: ["user_install_files": "x"]) == [])
    }

    @Test(
        arguments: [
            (
                [["name": "a.sh", "data": "x"]],
                "it does not take the file 'a.sh'; its name must end with '.txt', '.yml'"
            ),
            ([["name": ".txt", "data": "x"]], "it does not take the file '.txt'"),
            ([["name": "a.txt", "data": "12345678901"]], "has 11 bytes; the most is 10"),
            ([["name": "b.txt", "sha256": "big"]], "has 11 bytes; the most is 10"),
            (
                [["name": "a.txt", "data": "x"], ["name": "b.txt", "data": "x"], ["name": "c.txt", "data": "x"]],
                "it takes 2 files at most, not 3"
            ),
            ([["name": "a.txt", "sha256": "gone"]], "the file 'a.txt' is not kept any more; upload it again"),
            ([["name": "a.txt"]], "the file 'a.txt' has no content; give its 'data'"),
            ([["name": "a.txt", "data": "x", "sha256": "y"]], "has both 'data' and 'sha256'"),
            ([["nam": "a.txt"]], "the key 'nam' is not known; did you mean 'name'?"),
            ([["data": "x"]], "'name' is missing"),
        ] as [(JSONValue, String)])
    func `files that do not fit are refused by name`(files: JSONValue, expected: String) {
        let error = refusal(["user_install_files": files], files: ["big": [UInt8](repeating: 0, count: 11)])
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
    }
}

import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmMenuTests {
    private let options: JSONValue = [
        "images": [
            ["image": "x:1", "name": "One", "description": "first", "access": ["alice"]],
            ["image": "x:1", "name": "Two", "args": ["two"], "resource_spec": ["mem_limit": "1G"]], ["image": "y"],
        ],
        "form_template": "<p>{option_template}</p>", "option_template": "<o>", "user_upload_form": "<u>",
    ]

    private func settle(_ image: Menu.Image?, _ files: [UploadedFile] = [], _ options: JSONValue? = nil) throws
        -> JSONValue
    {
        try SwarmSettlement.settle(
            try SwarmTest.bound(options ?? self.options), with: Choice(image: image, files: files),
            within: HardwareLimits())
    }

    @Test func `The menu has the images with names and access, and the admin's own page`() throws {
        let menu = SwarmMenu.menu(of: try SwarmTest.bound(options))
        #expect(menu.images.map(\.name) == ["One", "Two", "y"])
        #expect(menu.images.map(\.image) == ["x:1", "x:1", "y"])
        #expect(menu.images[0].access?.users == ["alice"])
        #expect(menu.images[0].description == "first")
        #expect(menu.uploads == nil)
        #expect(menu.page == Menu.Page(form: "<p>{option_template}</p>", option: "<o>", upload: "<u>"))
    }

    @Test func `An image is chosen by name and image, and its own options come with it`() throws {
        let settled = try settle(Menu.Image(name: "Two", image: "x:1"))
        let task = try SwarmTest.specification(settled)["TaskTemplate"]
        #expect(task?["ContainerSpec"]?["Args"] == ["two"])
        #expect(task?["ContainerSpec"]?["Image"] == "x:1")
        #expect(task?["ContainerSpec"]?["Labels"]?["image_name"] == "Two")
        #expect(task?["Resources"] == ["Limits": ["MemoryBytes": .integer(1 << 30)]])
    }

    @Test func `What was chosen is the entry of the menu, and no other of its name`() throws {
        let menu = SwarmMenu.menu(of: try SwarmTest.bound(options))
        for image in menu.images {
            #expect(try settle(image)["images"]?.arrayValue?.first?["name"]?.stringValue ?? image.image == image.name)
        }
        let elsewhere = Menu.Image(name: "One", image: "x:1", description: "first", position: 1)
        #expect(SwarmTest.refusal { try settle(elsewhere) }.contains("is not offered here"))
        let twins: JSONValue = [
            "images": [
                [
                    "image": "x:1", "name": "One", "mounts": [["type": "bind", "source": "/", "target": "/host"]],
                    "access": ["admin"],
                ],
                ["image": "x:1", "name": "One"], ["image": "x:1"],
            ]
        ]
        #expect(SwarmTest.refusal { try settle(nil, [], twins) }.contains("two entries of the image 'x:1'"))
        #expect(SwarmTest.refusal { try SwarmOptions(twins, user: nil) }.contains("two entries of the image 'x:1'"))
    }

    @Test func `No choice is the first image, and one that is not there is refused`() throws {
        #expect(try settle(nil)["images"]?.arrayValue?.first?["name"] == "One")
        for wrong in [Menu.Image(name: "One", image: "y"), Menu.Image(name: "Three", image: "x:1")] {
            #expect(SwarmTest.refusal { try settle(wrong) }.contains("is not offered here"))
        }
    }

    @Test func `What settles is bound as it is, and says the same when it is settled again`() throws {
        let settled = try settle(Menu.Image(name: "Two", image: "x:1"))
        #expect(try SwarmTest.bound(settled) == settled)
        #expect(try settle(nil, [], settled) == settled)
    }

    @Test func `What is wrong with the whole is told when it is settled, placeholders aside`() throws {
        #expect(throws: Never.self) {
            try settle(nil, [], ["mounts": [["source": "home-{service_owner}", "target": "/home/{service_owner}"]]])
        }
        #expect(
            SwarmTest.refusal { try settle(nil, [], ["mounts": [["source": "v", "target": "x"]]]) }.contains(
                "whole path"))
    }

    // MARK: Uploads

    private func uploads(_ files: [UploadedFile], _ more: [String: JSONValue] = [:]) throws -> [SwarmOptions.Upload] {
        var members: [String: JSONValue] = ["enable_user_upload_install_files": true]
        members.merge(more) { $1 }
        let settled = try settle(nil, files, .object(members))
        let plan = try SwarmTest.plan(settled, files: files)
        let options = try SwarmOptions(plan)
        return try options.uploads(of: plan, options.names(for: plan))
    }

    @Test func `Files become configs in their directory, readable for all, owned by the container's user`() throws {
        let files = [
            UploadedFile(name: "a.txt", content: Array("x".utf8)), UploadedFile(name: "b c.TXT", content: [1]),
        ]
        let made = try uploads(
            files, ["container_spec": ["uid_gid": "1000:100"], "user_upload_destination_directory": "/opt/files/"])
        #expect(
            made.map(\.reference.file) == [
                FileTarget(name: "/opt/files/a.txt", uid: "1000", gid: "100", mode: 0o444),
                FileTarget(name: "/opt/files/b c.TXT", uid: "1000", gid: "100", mode: 0o444),
            ])
        #expect(try SwarmTest.json(made[0].file)["Data"] == "eA==")
        #expect(made[0].file.labels["multiplespawner.user"] == "alice")
        #expect(Set(made.map(\.file.name)).count == 2)
        #expect(
            try uploads([UploadedFile(name: "a.txt", content: [1])])[0].reference.file.name == "/user-installs/a.txt")
    }

    @Test(arguments: [
        "../../etc/profile.d/x.txt", "/etc/x.txt", "a/b.txt", #"a\b.txt"#, "..txt", ".txt", "..", "", "x", "x.sh",
        "x.txt.sh",
        "a\n.txt", "a\0.txt", ".hidden.txt", "a\u{301}/../x.txt", "x.txt ", String(repeating: "a", count: 252) + ".txt",
        "\u{202E}.txt.",
    ])
    func `A name that is no plain name with a wanted extension is refused`(name: String) {
        #expect(SwarmTest.refusal { try uploads([UploadedFile(name: name, content: [1])]) }.contains("is refused"))
    }

    @Test func `Of two extensions the last one counts`() {
        #expect(throws: Never.self) { try uploads([UploadedFile(name: "a.sh.txt", content: [1])]) }
    }

    @Test func `Too many files, too large ones and equal names are refused`() {
        let file = UploadedFile(name: "a.txt", content: [1, 2, 3])
        #expect(SwarmTest.refusal { try uploads([file, file]) }.contains("twice"))
        #expect(
            SwarmTest.refusal { try uploads([file], ["user_upload_max_size": 2]) }.contains("3 bytes; the most is 2"))
        let many = (0..<3).map { UploadedFile(name: "\($0).txt", content: [1]) }
        #expect(SwarmTest.refusal { try uploads(many, ["user_upload_max_files": 2]) }.contains("the most is 2"))
        let empty = UploadedFile(name: "a.txt", content: [])
        #expect(SwarmTest.refusal { try uploads([empty]) }.contains("it is empty"))
        let large = UploadedFile(name: "a.txt", content: [UInt8](repeating: 0, count: 1_024_000))
        #expect(
            SwarmTest.refusal { try uploads([large], ["user_upload_max_size": "5M"]) }.contains("the most is 1023999"))
    }

    @Test func `Files are refused where they are not asked for`() {
        let file = UploadedFile(name: "a.txt", content: [1])
        #expect(SwarmTest.refusal { try settle(nil, [file]) }.contains("files may not be brought"))
    }

    @Test func `Extensions are read with and without their dot`() {
        let rules = UploadRules([
            "enable_user_upload_install_files": true, "allowed_user_upload_extensions": ["yml", ".txt"],
        ])
        #expect(rules?.menu == Menu.Uploads(extensions: [".yml", ".txt"], mostFiles: 10, mostBytes: 512_000))
    }
}

import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmPrecedenceTests {
    private func task(_ options: JSONValue) throws -> JSONValue? {
        try SwarmTest.specification(options)["TaskTemplate"]
    }

    @Test func `What an image says replaces what the template says, as a whole`() throws {
        let task = try #require(
            try task([
                "resource_spec": ["mem_limit": "1G", "cpu_limit": 1], "placement": ["node.role==worker"],
                "networks": ["a"],
                "log_driver": ["name": "syslog", "options": ["tag": "t"]], "endpoint_spec": ["mode": "vip"],
                "container_spec": ["args": ["t"], "workdir": "/t", "command": "t", "user": "t"],
                "images": [
                    [
                        "image": "i", "resource_spec": ["mem_limit": "2G"],
                        "placement": ["constraints": ["node.labels.x==1"]],
                        "networks": ["b"], "log_driver": ["name": "none"], "args": ["i"], "workdir": "/i",
                        "command": ["i"], "user": "1001",
                    ]
                ],
            ]))
        #expect(task["Resources"] == ["Limits": ["MemoryBytes": .integer(2 << 30)]])
        #expect(task["Placement"] == ["Constraints": ["node.labels.x==1"]])
        #expect(task["Networks"] == [["Target": "b"]])
        #expect(task["LogDriver"] == ["Name": "none"])
        let container = task["ContainerSpec"]
        #expect(container?["Args"] == ["i"] && container?["Dir"] == "/i" && container?["Command"] == ["i"])
        #expect(container?["User"] == "1001")
    }

    @Test func `An image's container_spec wins over the template's, and its own keys over that`() throws {
        let container = try task([
            "container_spec": ["hostname": "t", "args": ["t"], "tty": true, "labels": ["a": "t", "b": "t"]],
            "images": [
                [
                    "image": "i", "args": ["own"],
                    "container_spec": ["hostname": "i", "args": ["i"], "labels": ["b": "i"]],
                ]
            ],
        ])?["ContainerSpec"]
        #expect(container?["Hostname"] == "i" && container?["Args"] == ["own"] && container?["TTY"] == true)
        #expect(container?["Labels"]?["a"] == "t" && container?["Labels"]?["b"] == "i")
    }

    @Test func `Mounts, configs and secrets of template and image are all there; an equal place is the image's`() throws
    {
        let container = try SwarmTest.specification([
            "mounts": [["source": "all", "target": "/all"]],
            "container_spec": ["mounts": [["source": "home", "target": "/home"], ["source": "t", "target": "/x"]]],
            "images": [
                [
                    "image": "i", "mounts": [["source": "i", "target": "/x", "type": "bind", "source": "/srv"]],
                    "configs": [["config_name": "b", "config_id": "2"]],
                ]
            ],
            "configs": [["config_name": "a", "config_id": "1"]],
        ])["TaskTemplate"]?["ContainerSpec"]
        let mounts = container?["Mounts"]?.arrayValue ?? []
        #expect(mounts.compactMap { $0["Target"]?.stringValue } == ["/all", "/home", "/x"])
        #expect(mounts.last?["Source"] == "/srv")
        #expect(container?["Configs"]?.arrayValue?.compactMap { $0["ConfigName"]?.stringValue } == ["a", "b"])
    }

    @Test(
        arguments: [
            ([:], [:], nil, nil), (["uid_gid": "1:2"], [:], "1:2", "1:2"),
            (["user": "u", "uid_gid": "1:2"], [:], "u", "1:2"),
            (["user": "u", "uid_gid": "1:2"], ["uid_gid": "3:4"], "3:4", "3:4"),
            (["uid_gid": "1:2"], ["user": "5"], "5", "5"), (["user": "1000"], [:], "1000", "1000"),
            (["user": "jovyan"], [:], "jovyan", "jovyan"), ([:], ["uid_gid": "root"], "root", "root"),
        ] as [(JSONValue, [String: JSONValue], String?, String?)])
    func `The user and the owner of files are the image's, else the template's`(
        template: JSONValue, image: [String: JSONValue], user: String?, owner: String?
    ) throws {
        let entry = image.merging(["image": "i"]) { $1 }
        let options = try SwarmOptions(["container_spec": template, "images": [.object(entry)]], user: "a")
        #expect(options.container.user == user)
        #expect(options.fileOwner?.text == owner)
    }

    @Test func `A uid_gid that is none is told and not passed over`() {
        for text in ["a b", "1:2:3", "-1", "1:", "99999999999", "١", ":1"] {
            #expect(
                SwarmTest.refusal { try SwarmOptions(["container_spec": ["uid_gid": .string(text)]], user: "a") }
                    .contains("'1000:100'"))
        }
    }

    @Test func `Docker gets the owner of a file by number; a name that only the image knows owns nothing`() throws {
        func number(_ text: String) throws -> [String]? {
            try UserAndGroup(text).byNumber.map { [$0.user, $0.group] }
        }
        #expect(try number("1000:100") == ["1000", "100"])
        #expect(try number("1000") == ["1000", "0"])
        #expect(try number("root") == ["0", "0"])
        #expect(try number("jovyan:users") == nil)
    }

    @Test func `Reading options never changes them, and a second reading is the same`() throws {
        let options = try SwarmTest.bound([
            "resource_spec": ["mem_limit": "1G"], "configs": [["config_name": "a", "config_id": "1"]],
            "images": [["image": "i", "configs": [["config_name": "b", "config_id": "2"]]]],
        ])
        let first = try SwarmTest.specification(options)
        _ = try SwarmTest.specification(try SwarmTest.plan(options, user: "bob"))
        #expect(try SwarmTest.specification(options) == first)
    }

    @Test func `One image by a deployment's key takes the entries of that image, and else stands alone`() throws {
        let images: JSONValue = [
            ["image": "a", "name": "A"], ["image": "b", "name": "B"], ["image": "b", "name": "B2"],
        ]
        #expect(SwarmMenu.menu(of: ["images": images, "image": "b"]).images.map(\.name) == ["B", "B2"])
        #expect(SwarmMenu.menu(of: ["images": images, "image": "c"]).images.map(\.name) == ["c"])
        #expect(SwarmMenu.menu(of: ["container_spec": ["image": "d"]]).images.map(\.image) == ["d"])
        #expect(SwarmMenu.menu(of: [:]).images.map(\.name) == ["Default Jupyter Notebook"])
    }
}

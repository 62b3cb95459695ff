import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmPolicyTests {
    /// The service that comes out of a template's options and a user's.
    private func task(
        _ template: JSONValue, _ user: [String: JSONValue], image: Menu.Image? = nil,
        within limits: HardwareLimits = HardwareLimits()
    ) throws -> JSONValue? {
        var options = try SwarmTest.bound(template).objectValue ?? [:]
        options["use_user_options"] = options["use_user_options"] ?? true
        let settled = try SwarmSettlement.settle(
            .object(options), with: Choice(image: image, options: user), within: limits)
        return try SwarmTest.specification(try SwarmTest.bound(settled))["TaskTemplate"]
    }

    private func refusal(_ template: JSONValue, _ user: [String: JSONValue]) -> SpawnError? {
        do {
            _ = try task(template, user)
            return nil
        } catch {
            return error as? SpawnError
        }
    }

    @Test func `Without the switch no key of a user counts`() {
        let error = refusal(["use_user_options": false], ["resource_spec": ["mem_limit": 1]])
        #expect(error?.code == .forbidden)
        #expect(error?.message.contains("'use_user_options'") == true)
        #expect(SwarmMenu.menu(of: [:]).keys == [])
    }

    @Test func `With the switch users set variables, arguments, directory and limits, and nothing else`() throws {
        let task = try task(
            ["container_spec": ["env": ["A": "1", "B": "1"], "args": ["x"]], "resource_spec": ["mem_limit": "4G"]],
            [
                "container_spec": ["env": ["B": "2"], "args": ["start.sh", "--x"], "workdir": "/w"],
                "resource_spec": ["mem_limit": "2G", "cpu_limit": 0.5],
            ])
        let environment = task?["ContainerSpec"]?["Env"]?.arrayValue ?? []
        #expect(environment.contains("A=1") && environment.contains("B=2"))
        #expect(task?["ContainerSpec"]?["Args"] == ["start.sh", "--x"])
        #expect(task?["ContainerSpec"]?["Dir"] == "/w")
        #expect(task?["Resources"] == ["Limits": ["MemoryBytes": .integer(2 << 30), "NanoCPUs": 500_000_000]])
    }

    static let holes: [(String, JSONValue)] = [
        ("container_spec", ["user": "root"]), ("container_spec", ["User": "0"]), ("container_spec", ["uid_gid": "0:0"]),
        ("container_spec", ["mounts": [["type": "bind", "source": "/", "target": "/host"]]]),
        ("container_spec", ["Mounts": [["Type": "bind", "Source": "/", "Target": "/host"]]]),
        ("container_spec", ["mounts": [["source": "home-bob", "target": "/bob"]]]),
        ("container_spec", ["cap_add": ["ALL"]]), ("container_spec", ["CapabilityAdd": ["SYS_ADMIN"]]),
        ("container_spec", ["privileges": ["selinux_disable": true]]),
        ("container_spec", ["sysctls": ["kernel.x": "1"]]),
        ("container_spec", ["groups": ["docker"]]), ("container_spec", ["command": "sh"]),
        ("container_spec", ["hostname": "hub"]), ("container_spec", ["hosts": ["hub": "10.0.0.9"]]),
        ("container_spec", ["secrets": [["secret_name": "tls_key"]]]),
        ("container_spec", ["configs": [["config_name": "c"]]]),
        ("container_spec", ["ulimits": ["nofile": -1]]), ("container_spec", ["labels": ["a": "b"]]),
        ("container_spec", ["healthcheck": ["test": ["NONE"]]]), ("container_spec", ["image": "evil"]),
        ("container_spec", ["dns_config": ["nameservers": ["6.6.6.6"]]]), ("container_spec", ["read_only": false]),
        ("resource_spec", ["mem_reservation": 1]), ("resource_spec", ["generic_resources": ["GPU": 8]]),
        ("resource_spec", ["pids_limit": 0]), ("networks", ["hub_internal"]), ("placement", ["node.role==manager"]),
        ("placement", ["constraints": ["node.hostname==m1"]]),
        ("log_driver", ["name": "syslog", "options": ["syslog-address": "tcp://10.0.0.1"]]),
        ("accelerators", ["gpus"]),
    ]

    @Test(arguments: holes)
    func `What would make a user more than a user of a container is refused, and says what to do`(
        key: String, value: JSONValue
    ) {
        let error = refusal([:], [key: value])
        #expect(error?.code == .forbidden, "\(key): \(value)")
    }

    @Test func `An unknown key of a user is an error with the nearest name`() {
        let error = refusal([:], ["container_spec": ["argz": ["x"]]])
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("did you mean 'args'?") == true)
    }

    @Test(arguments: [
        "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_USER", "JPY_API_TOKEN", "NVIDIA_VISIBLE_DEVICES", "DOCKER_RESOURCE_GPU",
        "MEM_LIMIT", "JUPYTERHUB_ANYTHING",
    ])
    func `Variables that say who the server is and what it sees are not to be chosen`(name: String) {
        let template: JSONValue = ["allowed_user_options": ["container_spec.env"]]
        #expect(refusal(template, ["container_spec": ["env": .object([name: "x"])]])?.code == .forbidden)
        #expect(refusal(template, ["container_spec": ["env": [.string("\(name)=x")]]])?.code == .forbidden)
    }

    @Test(
        arguments: [
            ["container_spec": ["user": "root"]], ["container_spec": ["uid_gid": "0:100"]],
            ["container_spec": ["user": "0"]],
            ["images": [["image": "i", "user": "root:root"]]],
            ["images": [["image": "i", "container_spec": ["uid_gid": "00"]]]],
        ] as [JSONValue])
    func `Where root starts the container, what it starts is not to be chosen unless the admin says so`(
        template: JSONValue
    ) throws {
        for key in ["args", "env", "workdir"] {
            let value: JSONValue = key == "env" ? ["A": "1"] : "/x"
            let user: [String: JSONValue] = ["container_spec": .object([key: value])]
            #expect(refusal(template, user)?.message.contains("started by root") == true)
            var allowed = template.objectValue ?? [:]
            allowed["allowed_user_options"] = [.string("container_spec.\(key)")]
            #expect(throws: Never.self) { try task(.object(allowed), user) }
        }
    }

    @Test func `Where nothing is said of the user, the container is nobody special's`() throws {
        let user: [String: JSONValue] = ["container_spec": ["args": ["x"], "env": ["A": "1"], "workdir": "/x"]]
        #expect(refusal([:], user) == nil)
        #expect(refusal(["images": [["image": "i", "user": ""]], "container_spec": ["user": "root"]], user) != nil)
    }

    @Test func `An image's own user decides before the template's`() throws {
        let template: JSONValue = ["container_spec": ["user": "root"], "images": [["image": "i", "user": "1000"]]]
        #expect(throws: Never.self) { try task(template, ["container_spec": ["args": ["x"]]]) }
    }

    @Test func `Limits are within the admin's and the template's, and never none`() throws {
        let template: JSONValue = ["resource_spec": ["mem_limit": "4G", "cpu_limit": 2]]
        let limits = HardwareLimits(memory: 2 << 30, cpu: 4)
        func ask(_ resources: JSONValue) throws -> JSONValue? {
            try task(template, ["resource_spec": resources], within: limits)
        }
        #expect(throws: Never.self) { try ask(["mem_limit": "2G", "cpu_limit": 2]) }
        for wrong: JSONValue in [
            ["mem_limit": "3G"], ["mem_limit": 0], ["cpu_limit": 2.5], ["cpu_limit": 3_000_000_000],
        ] {
            #expect(throws: SpawnError.self) { try ask(wrong) }
        }
        let message = SwarmTest.refusal { try ask(["mem_limit": "3G"]) }
        #expect(message.contains("'mem_limit' is 3 GB; the most here is 2 GB"))
        #expect(refusal(["mem_limit": "1G"], ["resource_spec": ["mem_limit": "2G"]])?.code == .forbidden)
    }

    @Test func `A key that the admin names is the user's to choose`() throws {
        let task = try task(
            [
                "allowed_user_options": [
                    "networks", "placement", "log_driver", "container_spec.hostname", "resource_spec.mem_reservation",
                ],
                "allowed_networks": ["data"], "networks": ["jh"], "placement": ["node.role==worker"],
            ],
            [
                "networks": ["data"], "placement": ["node.labels.zone==a"], "log_driver": ["name": "none"],
                "container_spec": ["hostname": "box"], "resource_spec": ["mem_reservation": "1G"],
            ])
        #expect(task?["Networks"] == [["Target": "jh"], ["Target": "data"]])
        #expect(task?["Placement"] == ["Constraints": ["node.role==worker", "node.labels.zone==a"]])
        #expect(task?["LogDriver"] == ["Name": "none"])
        #expect(task?["ContainerSpec"]?["Hostname"] == "box")
    }

    @Test func `All of resource_spec is allowed by its own name, within the limits`() {
        let template: JSONValue = ["allowed_user_options": ["resource_spec"], "resource_spec": ["pids_limit": 100]]
        #expect(refusal(template, ["resource_spec": ["pids_limit": 50, "mem_reservation": "1G"]]) == nil)
        #expect(refusal(template, ["resource_spec": ["pids_limit": 0]])?.code == .forbidden)
        #expect(refusal(template, ["container_spec": ["user": "root"]])?.code == .forbidden)
    }

    @Test func `Networks are those that the admin lists, and bring no alias`() {
        let template: JSONValue = ["allowed_user_options": ["networks"], "allowed_networks": ["data"]]
        #expect(refusal(template, ["networks": ["data"]]) == nil)
        #expect(refusal(template, ["networks": ["hub_internal"]])?.message.contains("choose of 'data'") == true)
        #expect(refusal(template, ["networks": [["Target": "data", "Aliases": ["hub"]]]]) != nil)
    }

    @Test(arguments: ["host", "bridge", "ingress", "docker_gwbridge", "data"])
    func `No network is chosen unless the admin lists it`(network: String) {
        let user: [String: JSONValue] = ["networks": .array([.string(network)])]
        #expect(refusal(["allowed_user_options": ["networks"]], user)?.code == .forbidden)
        let listed: JSONValue = ["allowed_user_options": ["networks"], "allowed_networks": .array([.string(network)])]
        #expect(refusal(listed, user) == nil)
        #expect(refusal(["allowed_networks": .array([.string(network)])], user)?.code == .forbidden)
    }

    @Test func `Secrets and configs are those that the admin lists, by name`() {
        for kind in ["secret", "config"] {
            let allowed: [JSONValue] = [.string("container_spec.\(kind)s")]
            let ours = "jupyter-0123456789abcdef0123-token"
            let template: JSONValue = .object([
                "allowed_user_options": .array(allowed), "allowed_\(kind)s": ["data-key", .string(ours)],
            ])
            func ask(_ template: JSONValue, _ entry: [String: JSONValue]) -> SpawnError? {
                refusal(template, ["container_spec": .object(["\(kind)s": .array([.object(entry)])])])
            }
            let listed: [String: JSONValue] = ["\(kind)_name": "data-key"]
            // The policy lets it pass; that there is none of the name is found out later.
            #expect(ask(template, listed)?.code == .notFound)
            #expect(ask(["allowed_user_options": .array(allowed)], listed)?.message.contains("lists none") == true)
            #expect(ask(template, ["\(kind)_name": "site_key"])?.message.contains("choose of 'data-key'") == true)
            #expect(ask(template, ["\(kind)_name": "data-key", "\(kind)_id": "x"])?.code == .forbidden)
            #expect(ask(template, ["\(kind)_name": .string(ours)])?.message.contains("session's own") == true)
        }
    }

    @Test func `Generic resources are a number of devices, in all within the limit of GPUs`() throws {
        let template: JSONValue = ["allowed_user_options": ["resource_spec.generic_resources"]]
        func ask(_ resources: JSONValue) throws -> JSONValue? {
            try task(template, ["resource_spec": ["generic_resources": resources]], within: HardwareLimits(gpu: 2))
        }
        let reserved = try ask(["A": 1, "B": 1])?["Resources"]?["Reservations"]?["GenericResources"]
        #expect(reserved?.arrayValue?.count == 2)
        #expect(SwarmTest.refusal { try ask(["A": 2, "B": 1]) }.contains("3 in all; the most here is 2"))
        let twice: JSONValue = ["DiscreteResourceSpec": ["Kind": "A", "Value": 2]]
        #expect(SwarmTest.refusal { try ask([twice, twice]) }.contains("4 in all"))
        #expect(SwarmTest.refusal { try ask(["A": "GPU-1"]) }.contains("give how many"))
    }

    @Test func `Docker's templates are not for users`() {
        let template: JSONValue = ["allowed_user_options": ["container_spec.hostname", "container_spec.mounts"]]
        for container: JSONValue in [
            ["hostname": "{{.Node.Hostname}}"], ["mounts": [["target": "/{{.Node.Hostname}}"]]],
            ["hostname": "\u{600}{{.Node.Hostname}}"], ["mounts": [["target": "/\u{600}{{.Node.Hostname}}"]]],
        ] {
            #expect(refusal(template, ["container_spec": container])?.message.contains("'{{'") == true)
        }
        #expect(refusal(template, ["container_spec": ["args": ["echo", "{{x}}"]]]) == nil)
    }

    @Test func `A scalar that joins the brace after it hides no template of Docker's`() throws {
        let task = try task([:], ["container_spec": ["env": ["A": "\u{600}{{.Node.ID}}"]]])
        let variables = task?["ContainerSpec"]?["Env"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let text = try #require(variables.first { $0.utf8.starts(with: "A=".utf8) })
        #expect(Array(text.utf8) == Array("A=\u{600}{{\"{{\"}}.Node.ID}}".utf8))
    }

    @Test(arguments: [
        "node.role==manager", "node.role == manager", "NODE.ROLE==manager", "node.role!=worker", "node.hostname==m1",
        "node.id==x",
        "node.ip==10.0.0.1",
    ])
    func `Naming nodes or managers has a key of its own`(constraint: String) {
        let user: [String: JSONValue] = ["placement": .array([.string(constraint)])]
        #expect(
            refusal(["allowed_user_options": ["placement"]], user)?.message.contains("'placement.nodes'") == true)
        #expect(refusal(["allowed_user_options": ["placement", "placement.nodes"]], user) == nil)
    }

    @Test func `A user's placement only narrows the template's`() throws {
        let template: JSONValue = [
            "allowed_user_options": ["placement"],
            "placement": ["constraints": ["node.labels.a==1"], "platforms": [["x86_64", "linux"]], "maxreplicas": 1],
        ]
        let placement = try task(
            template,
            [
                "placement": [
                    "platforms": [["arm64", "linux"]], "preferences": ["spread=node.labels.z"], "maxreplicas": 9,
                ]
            ]
        )?["Placement"]
        #expect(
            placement == [
                "Constraints": ["node.labels.a==1"], "Platforms": [["Architecture": "x86_64", "OS": "linux"]],
                "Preferences": [["Spread": ["SpreadDescriptor": "node.labels.z"]]], "MaxReplicas": 1,
            ])
    }

    @Test func `A pool of accelerators is chosen by name, once`() throws {
        let template: JSONValue = [
            "accelerators": [["name": "a", "ids": ["0"]], ["name": "b", "ids": ["1"]]], "use_user_options": true,
        ]
        let settled = try SwarmSettlement.settle(
            try SwarmTest.bound(template), with: Choice(options: ["accelerators": ["b"]]), within: HardwareLimits())
        #expect(try SwarmOptions(settled, user: "a").accelerators.uses.map(\.pool.name) == ["b"])
        for wrong: JSONValue in [["c"], ["a", "a"], [["name": "a", "ids": ["all"]]]] {
            #expect(refusal(template, ["accelerators": wrong]) != nil)
        }
        #expect(SwarmMenu.menu(of: template).keys == ["container_spec", "resource_spec", "accelerators"])
    }

    @Test func `A user's text is not filled in as a template's`() {
        let error = refusal([:], ["container_spec": ["env": ["A": "{service_owner}"]]])
        #expect(error?.message.contains("'{service_owner}'") == true)
    }

    @Test func `The template's own options stay as they were`() throws {
        let options = try SwarmTest.bound(["use_user_options": true, "resource_spec": ["mem_limit": "4G"]])
        let settled = try SwarmSettlement.settle(
            options, with: Choice(options: ["resource_spec": ["mem_limit": "1G"]]), within: HardwareLimits())
        #expect(settled["resource_spec"]?["mem_limit"] == .integer(1 << 30))
        let again = try SwarmSettlement.settle(options, with: Choice(), within: HardwareLimits())
        #expect(again["resource_spec"]?["mem_limit"] == .integer(4 << 30))
    }
}

import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmOptionsTests {
    private func container(_ options: JSONValue) throws -> JSONValue? {
        try SwarmTest.specification(options)["TaskTemplate"]?["ContainerSpec"]
    }

    private func task(_ options: JSONValue) throws -> JSONValue? {
        try SwarmTest.specification(options)["TaskTemplate"]
    }

    @Test func `Every key of the container becomes Docker's`() throws {
        var spec = try #require(
            try container([
                "image": "i",
                "container_spec": [
                    "command": "tini -- 'start it'", "args": ["a b"], "hostname": "box", "workdir": "/w",
                    "user": "1000:100",
                    "groups": ["g"], "labels": ["own": "1"], "tty": true, "open_stdin": "False", "read_only": true,
                    "stop_signal": "SIGINT", "stop_grace_period": "30s", "init": true, "isolation": "default",
                    "healthcheck": ["test": "curl x", "interval": "1m30s", "timeout": 5_000_000_000, "retries": 3],
                    "hosts": ["hub": "10.0.0.1"], "dns_config": ["nameservers": ["1.1.1.1"], "search": "x.edu"],
                    "cap_add": ["CAP_NET_ADMIN"], "cap_drop": ["ALL"], "sysctls": ["net.core.somaxconn": 1024],
                    "privileges": ["selinux_disable": true, "credentialspec_file": "f"],
                    "ulimits": ["nofile": 1024, "nproc": ["soft": 10, "hard": -1]],
                ],
            ])?.objectValue)
        spec["Env"] = nil
        spec["Labels"] = .object(spec["Labels"]?.objectValue?.filter { !$0.key.hasPrefix("multiplespawner.") } ?? [:])
        #expect(
            JSONValue.object(spec) == [
                "Image": "i", "Command": ["tini", "--", "start it"], "Args": ["a b"], "Hostname": "box", "Dir": "/w",
                "User": "1000:100", "Groups": ["g"], "Labels": ["own": "1", "image_name": "i"], "TTY": true,
                "OpenStdin": false, "ReadOnly": true, "StopSignal": "SIGINT", "StopGracePeriod": 30_000_000_000,
                "Init": true, "Isolation": "default",
                "Healthcheck": [
                    "Test": ["CMD-SHELL", "curl x"], "Interval": 90_000_000_000, "Timeout": 5_000_000_000, "Retries": 3,
                ],
                "Hosts": ["10.0.0.1 hub"], "DNSConfig": ["Nameservers": ["1.1.1.1"], "Search": ["x.edu"]],
                "CapabilityAdd": ["CAP_NET_ADMIN"], "CapabilityDrop": ["ALL"],
                "Sysctls": ["net.core.somaxconn": "1024"],
                "Privileges": ["SELinuxContext": ["Disable": true], "CredentialSpec": ["File": "f"]],
                "Ulimits": [
                    ["Name": "nofile", "Soft": 1024, "Hard": 1024], ["Name": "nproc", "Soft": 10, "Hard": -1],
                ],
            ])
    }

    @Test func `Docker's own spellings are read as well`() throws {
        let theirs = try container([
            "container_spec": [
                "Image": "i", "Command": ["c"], "Args": ["a"], "Dir": "/w", "User": "u", "CapabilityDrop": ["ALL"],
                "Mounts": [["Type": "volume", "Source": "v", "Target": "/t", "ReadOnly": true]],
                "Ulimits": [["Name": "nofile", "Soft": 1, "Hard": 2]], "StopGracePeriod": 1000,
            ]
        ])
        let ours = try container([
            "image": "i",
            "container_spec": [
                "command": ["c"], "args": ["a"], "workdir": "/w", "user": "u", "cap_drop": ["ALL"],
                "mounts": [["source": "v", "target": "/t", "read_only": "True"]],
                "ulimits": ["nofile": ["soft": 1, "hard": 2]], "stop_grace_period": 1000,
            ],
        ])
        #expect(theirs == ours)
    }

    @Test(arguments: [
        ("dockerimages", "images"), ("resources", "resource_spec"), ("network", "networks"), ("label", "labels"),
        ("ulimit", "ulimits"),
    ])
    func `The old names of options are read`(alias: String, name: String) {
        #expect(SwarmOptions.shape.fields.first { $0.aliases.contains(alias) }?.name == name)
    }

    @Test func `An unknown key is an error with the nearest name, at every depth`() {
        let wrong: [(JSONValue, String)] = [
            (["netwroks": ["a"]], "did you mean 'networks'?"),
            (["container_spec": ["comand": "x"]], "did you mean 'command'?"),
            (["images": [["image": "i", "uid_guid": "1"]]], "did you mean 'uid_gid'?"),
            (["mounts": [["source": "v", "traget": "/x", "target": "/t"]]], "did you mean 'target'?"),
            (["use_user_options": true, "allowed_user_options": ["placment"]], "did you mean 'placement'?"),
            (["connect": "adress"], "did you mean 'address'?"),
        ]
        for (options, proposal) in wrong {
            #expect(SwarmTest.refusal { try SwarmOptions(options, user: "alice") }.contains(proposal))
        }
    }

    @Test func `Sizes and cores are read in the forms that people write`() throws {
        let resources = try task([
            "resource_spec": [
                "mem_limit": "512M", "mem_reservation": 1_048_576, "cpu_limit": 0.5, "cpu_reservation": "250m",
                "pids_limit": 100, "generic_resources": ["SSD": 2, "GPU": "uuid1"],
            ]
        ])?["Resources"]
        #expect(
            resources == [
                "Limits": ["MemoryBytes": 536_870_912, "NanoCPUs": 500_000_000, "Pids": 100],
                "Reservations": [
                    "MemoryBytes": 1_048_576, "NanoCPUs": 250_000_000,
                    "GenericResources": [
                        ["NamedResourceSpec": ["Kind": "GPU", "Value": "uuid1"]],
                        ["DiscreteResourceSpec": ["Kind": "SSD", "Value": 2]],
                    ],
                ],
            ])
        let nano = try task(["resource_spec": ["cpu_limit": 2_000_000_000, "mem_limit": "1.5 GiB"]])?["Resources"]
        #expect(nano == ["Limits": ["NanoCPUs": 2_000_000_000, "MemoryBytes": 1_610_612_736]])
        for wrong: JSONValue in [
            ["cpu_limit": 100_000], ["cpu_limit": -1], ["mem_limit": "lots"], ["mem_limit": "1e9"],
        ] {
            #expect(throws: SpawnError.self) { try task(["resource_spec": wrong]) }
        }
    }

    @Test func `Binding twice changes nothing`() throws {
        let options: JSONValue = [
            "images": [["image": "i", "resource_spec": ["cpu_limit": "500m", "mem_limit": "1G"]]],
            "container_spec": ["stop_grace_period": "10s", "healthcheck": ["interval": "1s"]], "network": "n",
            "placement": ["node.role==worker"], "user_upload_max_size": "100K",
        ]
        let once = try SwarmTest.bound(options)
        #expect(try SwarmTest.bound(once) == once)
    }

    @Test func `Of every two limits the tighter holds, and nothing is reserved beyond it`() throws {
        let gibibyte = 1 << 30
        func resources(_ options: JSONValue, _ limits: SessionPlan.Limits, _ settings: ServerSettings) throws
            -> JSONValue?
        {
            try SwarmTest.specification(try SwarmTest.plan(options, limits: limits, settings: settings))[
                "TaskTemplate"]?["Resources"]
        }
        #expect(
            try resources(
                ["resource_spec": ["mem_limit": "4G"]], .init(memory: 2 * gibibyte, cpu: 1.5), ServerSettings())
                == ["Limits": ["MemoryBytes": .integer(2 * gibibyte), "NanoCPUs": 1_500_000_000]])
        #expect(
            try resources(
                ["resource_spec": ["mem_limit": "1G", "mem_reservation": "3G"]], .init(memory: 2 * gibibyte),
                ServerSettings(memoryLimit: 8 * gibibyte, cpuGuarantee: 0.25))
                == [
                    "Limits": ["MemoryBytes": .integer(gibibyte)],
                    "Reservations": ["MemoryBytes": .integer(gibibyte), "NanoCPUs": 250_000_000],
                ])
        #expect(try resources([:], .init(), ServerSettings()) == nil)
        #expect(
            try resources([:], .init(), ServerSettings(memoryLimit: gibibyte, cpuLimit: 2))
                == ["Limits": ["MemoryBytes": .integer(gibibyte), "NanoCPUs": 2_000_000_000]])
    }

    @Test func `A limit below Docker's own is told at once`() {
        #expect(SwarmTest.refusal { try task(["resource_spec": ["mem_limit": 512]]) }.contains("4 MB at least"))
    }

    @Test func `The server is told its limits`() throws {
        let environment =
            try SwarmTest.specification(
                try SwarmTest.plan(
                    limits: .init(memory: 1 << 30, cpu: 0.5), settings: ServerSettings(memoryGuarantee: 1 << 29))
            )["TaskTemplate"]?["ContainerSpec"]?["Env"]?.arrayValue ?? []
        for line: JSONValue in ["MEM_LIMIT=1073741824", "CPU_LIMIT=0.5", "MEM_GUARANTEE=536870912"] {
            #expect(environment.contains(line))
        }
    }

    @Test func `Chosen GPUs reserve the generic resource that the template names, and are refused where none is`()
        throws
    {
        let hardware = ResourceSpecification(gpu: 2)
        let plan = try SwarmTest.plan(["gpu_resource": "NVIDIA-GPU"], resources: hardware)
        #expect(
            try SwarmTest.specification(plan)["TaskTemplate"]?["Resources"]?["Reservations"]
                == ["GenericResources": [["DiscreteResourceSpec": ["Kind": "NVIDIA-GPU", "Value": 2]]]])
        #expect(
            SwarmTest.refusal { try SwarmTest.specification(try SwarmTest.plan([:], resources: hardware)) }
                .contains("has no GPUs to give"))
    }

    @Test(
        arguments: [
            ["placement": ["node.role==worker"]], ["placement": "node.role==worker"],
            ["placement": ["constraints": ["node.role==worker"]]],
            ["placement": ["Constraints": ["node.role==worker"]]],
        ] as [JSONValue])
    func `Placement is a list of constraints or an object`(options: JSONValue) throws {
        #expect(try task(options)?["Placement"] == ["Constraints": ["node.role==worker"]])
    }

    @Test func `Preferences and platforms are read as text, as pairs and as Docker has them`() throws {
        #expect(
            try task([
                "placement": [
                    "preferences": [
                        "spread=node.labels.a", ["spread", "node.labels.b"],
                        ["Spread": ["SpreadDescriptor": "node.labels.c"]],
                    ],
                    "platforms": [["x86_64", "linux"], "arm64/linux"], "maxreplicas": 1,
                ]
            ])?["Placement"]
                == [
                    "Preferences": [
                        ["Spread": ["SpreadDescriptor": "node.labels.a"]],
                        ["Spread": ["SpreadDescriptor": "node.labels.b"]],
                        ["Spread": ["SpreadDescriptor": "node.labels.c"]],
                    ],
                    "Platforms": [
                        ["Architecture": "x86_64", "OS": "linux"], ["Architecture": "arm64", "OS": "linux"],
                    ], "MaxReplicas": 1,
                ])
        #expect(throws: SpawnError.self) { try task(["placement": ["preferences": ["binpack=x"]]]) }
    }

    @Test func `Ports are published as docker-py writes them and as Docker does`() throws {
        #expect(
            try SwarmTest.specification([
                "endpoint_spec": [
                    "mode": "vip", "ports": ["30001": 8888, "30002": [80, "tcp", "host"], "0": [53, "udp"]],
                ]
            ])["EndpointSpec"]
                == [
                    "Mode": "vip",
                    "Ports": [
                        ["Protocol": "udp", "TargetPort": 53],
                        ["Protocol": "tcp", "TargetPort": 8888, "PublishedPort": 30001],
                        ["Protocol": "tcp", "TargetPort": 80, "PublishedPort": 30002, "PublishMode": "host"],
                    ],
                ])
        #expect(
            try SwarmTest.specification([
                "images": [["image": "i", "endpoint_spec": ["Ports": [["TargetPort": 1, "PublishedPort": 2]]]]]
            ])["EndpointSpec"] == ["Ports": [["Protocol": "tcp", "TargetPort": 1, "PublishedPort": 2]]])
        for ports: JSONValue in [["x": 1], ["70000": 1], ["1": [1, "sctx"]], ["1": [1, "tcp", "host", "y"]]] {
            #expect(throws: SpawnError.self) { try SwarmTest.specification(["endpoint_spec": ["ports": ports]]) }
        }
    }

    @Test func `The way to connect shapes the endpoint`() throws {
        func endpoint(_ mode: ConnectMode, _ options: JSONValue = [:]) throws -> JSONValue? {
            try SwarmTest.specification(options) { $0.connect = mode }["EndpointSpec"]
        }
        #expect(try endpoint(.address) == nil)
        #expect(try endpoint(.dnsrr) == ["Mode": "dnsrr"])
        #expect(
            try endpoint(.hostPort, ["service_port": 9000])
                == ["Ports": [["Protocol": "tcp", "TargetPort": 9000, "PublishMode": "host"]]])
        #expect(try endpoint(.vip, ["endpoint_spec": ["mode": "dnsrr"]]) == ["Mode": "vip"])
    }

    @Test func `Networks are in the task, with the attempt's alias beside the template's own`() throws {
        let specification = try SwarmTest.specification([
            "networks": ["a", ["Target": "b", "Aliases": ["nb"]]]
        ]) { $0.alias = "s-1" }
        #expect(
            specification["TaskTemplate"]?["Networks"] == [
                ["Target": "a", "Aliases": ["s-1"]], ["Target": "b", "Aliases": ["nb", "s-1"]],
            ])
        #expect(specification["Networks"] == nil)
    }

    @Test func `Log driver, restart policy and labels are the template's; ours are beside them`() throws {
        let specification = try SwarmTest.specification([
            "log_driver": ["name": "json-file", "options": ["max-size": "10m"]],
            "restart_policy": ["condition": "on-failure", "delay": "5s", "max_attempts": 2, "window": 0],
            "labels": ["team": "x"], "set_service_image_name_label": true, "images": [["image": "i", "name": "N"]],
        ])
        #expect(
            specification["TaskTemplate"]?["LogDriver"] == ["Name": "json-file", "Options": ["max-size": "10m"]])
        #expect(
            specification["TaskTemplate"]?["RestartPolicy"]
                == ["Condition": "on-failure", "Delay": 5_000_000_000, "MaxAttempts": 2, "Window": 0])
        #expect(specification["Labels"]?["team"] == "x")
        #expect(specification["Labels"]?["multiplespawner.user"] == "alice")
        #expect(specification["TaskTemplate"]?["ContainerSpec"]?["Labels"]?["ImageName"] == "N")
    }

    @Test func `A label that is ours to give is refused`() {
        for options: JSONValue in [
            ["labels": ["multiplespawner.user": "bob"]], ["container_spec": ["labels": ["multiplespawner.hub": "x"]]],
            ["mounts": [["target": "/t", "labels": ["multiplespawner.hub": "x"]]]],
        ] {
            #expect(
                SwarmTest.refusal { try SwarmOptions(options, user: "a") }.contains("begins with 'multiplespawner.'"))
        }
    }

    @Test func `Configs and secrets get the ids that were found, and one that is missing is named`() throws {
        let options: JSONValue = [
            "configs": [["config_name": "c", "filename": "/etc/c", "mode": "0400", "uid": 1000]],
            "container_spec": ["secrets": [["secret_name": "s", "secret_id": "sid"]]],
        ]
        let plan = try SwarmTest.plan(options)
        #expect(try SwarmOptions(plan).configsToFind == ["c"])
        #expect(try SwarmOptions(plan).secretsToFind == [])
        let container = try SwarmTest.specification(options) { $0.configIDs = ["c": "cid"] }["TaskTemplate"]?[
            "ContainerSpec"]
        #expect(
            container?["Configs"] == [
                [
                    "ConfigName": "c", "ConfigID": "cid",
                    "File": ["Name": "/etc/c", "UID": "1000", "GID": "0", "Mode": 0o400],
                ]
            ])
        #expect(
            container?["Secrets"] == [
                ["SecretName": "s", "SecretID": "sid", "File": ["Name": "s", "UID": "0", "GID": "0", "Mode": 0o444]]
            ])
        #expect(
            SwarmTest.refusal { try SwarmTest.specification(options) }.contains("the Docker config 'c' does not exist"))
    }

    @Test func `cmd and args of the template stand where the container has no args`() throws {
        #expect(
            try container(["cmd": "jupyterhub-singleuser", "args": ["--debug"]])?["Args"] == [
                "jupyterhub-singleuser", "--debug",
            ])
        #expect(try container(["cmd": ["x"], "container_spec": ["args": ["y"]]])?["Args"] == ["y"])
    }

    @Test func `A quote that is not closed is told`() {
        #expect(SwarmTest.refusal { try container(["container_spec": ["command": "a 'b"]]) }.contains("not closed"))
    }

    @Test func `A command as text is taken apart as a shell does`() throws {
        #expect(try ShellWords.split(#"a "b c"  d\ e '' "x\"y""#) == ["a", "b c", "d e", "", "x\"y"])
    }
}

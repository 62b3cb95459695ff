import MultipleSpawner
import Testing

@testable import Backends

@Suite struct `The options of servers on other machines` {
    @Test(
        arguments: [
            ("gpu-2", nil, "gpu-2", nil), ("gpu-2:2222", nil, "gpu-2", 2222), ("alice@gpu-2", "alice", "gpu-2", nil),
            ("alice@lab.example.org@10.0.0.7:22", "alice@lab.example.org", "10.0.0.7", 22),
            ("[2001:db8::1]:2022", nil, "2001:db8::1", 2022), ("2001:db8::1", nil, "2001:db8::1", nil),
            ("gpu_2.lab", nil, "gpu_2.lab", nil),
        ] as [(String, String?, String, Int?)])
    func `name machines as people do`(_ text: String, user: String?, host: String, port: Int?) throws {
        let address = try SSHAddress(text)
        #expect(address.user == user)
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test(arguments: [
        "", "-oProxyCommand=id", "a b", "a;b", "host:0", "host:99999", "host:", "@host", "-x@host", "a'b@host", "ho$t",
        "[::1", "[host]x", "{endpoint}", "../x", "ho\nst", "a@-x", "host:22:33:zz", "::1\u{0}'",
    ])
    func `take nothing for a machine that is none`(_ text: String) {
        #expect(throws: SpawnError.self) { try SSHAddress(text) }
    }

    @Test(
        arguments: [
            ("41234", 41234, nil), ("41234\n", 41234, nil), ("10.0.0.7 41234", 41234, "10.0.0.7"),
            ("41234 10.0.0.7", 41234, "10.0.0.7"), ("welcome to gpu-2\n10.0.0.7 41234\n\n", 41234, "10.0.0.7"),
            ("::1 8888", 8888, "::1"),
        ] as [(String, Int, String?)])
    func `read what a port command prints`(_ text: String, port: Int, address: String?) throws {
        let answer = try PortAnswer(text)
        #expect(answer.port == port)
        #expect(answer.address == address)
    }

    @Test(arguments: [
        "", "port", "0", "70000", "-1", "+80", "10.0.0.7", "80 81", "1.2.3.4 80 x", "80 host", "$(id) 80",
        "::1\u{0}x 80",
    ])
    func `refuse what a port command must not print`(_ text: String) {
        #expect(throws: SpawnError.self) { try PortAnswer(text) }
    }

    private func options(_ values: [String: JSONValue]) throws -> SSHOptions {
        try SSHOptions(.object(values))
    }

    @Test func `keep the names of the originals`() throws {
        let names = Set(SSHOptions.shape.fields.flatMap { [$0.name] + $0.aliases })
        let originals: Set<String> = [
            "remote_hosts", "remote_host", "remote_port", "ssh_command", "path", "remote_port_command", "hub_api_url",
            "ssh_keyfile", "resource_path", "hub_public_host", "hub_api_port", "hub_api_interface", "hub_activity_url",
            "ssh_forward_tunnel_client", "ssh_forward_tunnel_client_path", "ssh_forward_credentials_paths",
            "private_key_path", "certificate_path", "ssh_port", "remote_user",
        ]
        #expect(originals.subtracting(names) == [])
    }

    @Test func `say which machine is meant, or which are offered`() throws {
        #expect(throws: SpawnError.self) { try options([:]).candidates() }
        let both = try options(["hosts": ["one", ["host": "two", "port": 2222, "cmd": ["x"]]]])
        #expect(try both.candidates().map(\.address.host) == ["one", "two"])
        let form: JSONValue = ["hosts": ["one", "two"], "host_choice": "form"]
        #expect(SSHBackend.menu(of: form).keys == ["remote_host"])
        #expect(SSHBackend.menu(of: form).machines == ["one", "two"])
        #expect(SSHBackend.menu(of: ["hosts": ["one", "two"]]).machines == [])
        let settled = try SSHBackend.settle(
            form, with: Choice(options: ["remote_host": "two"]), within: HardwareLimits())
        #expect(try SSHOptions(settled).candidates().map(\.text) == ["two"])
        let refusal = try #require(throws: SpawnError.self) {
            try SSHBackend.settle(form, with: Choice(options: ["remote_host": "three"]), within: HardwareLimits())
        }
        #expect(refusal.code == .forbidden)
        #expect(refusal.message.contains("'one', 'two'"))
        // What a template cannot say, a deployment or a user cannot smuggle in.
        #expect(
            try SSHBackend.settle(["chosen_host": "x", "hosts": ["one"]], with: Choice(), within: HardwareLimits())[
                "chosen_host"] == nil)
    }

    @Test func `choose the same machine for the same server, and spread servers`() throws {
        let hosts = try options(["hosts": ["a", "b", "c"]]).hosts
        var first: [String: Int] = [:]
        for number in 0..<300 {
            let identity = try SessionIdentity(hub: "h", user: "user-\(number)")
            let order = HostRanking.sticky(hosts, for: identity)
            #expect(order == HostRanking.sticky(hosts.reversed(), for: identity))
            first[order[0].text, default: 0] += 1
            // One that leaves the list moves nobody else.
            let rest = HostRanking.sticky(hosts.filter { $0 != order[2] }, for: identity)
            #expect(rest == Array(order[..<2]))
        }
        #expect(first.values.allSatisfy { $0 > 60 } && first.count == 3)
        let loads = HostRanking.leastLoaded([(hosts[0], nil), (hosts[1], 0.9), (hosts[2], 0.1)])
        #expect(loads.map(\.text) == ["c", "b", "a"])
    }

    @Test func `take machines in turn`() throws {
        let places = SSHPlaces()
        #expect((0..<4).map { _ in places.turn(among: ["a", "b"]) % 2 } == [0, 1, 0, 1])
    }

    @Test func `prefer what the session's credentials say`() throws {
        let account = DaemonAccount(stateDirectory: "/state", home: "/root-of-nobody")
        let values = try options(["hosts": ["one"], "ssh_keyfile": "~/.ssh/bob_key", "known_hosts": ["/etc/known"]])
        var place = try values.place(on: values.hosts[0], for: try SessionIdentity(hub: "h", user: "bob"), account)
        #expect(place.user == "bob")
        #expect(place.keyFile == "/root-of-nobody/.ssh/bob_key")
        #expect(place.knownHosts == ["/etc/known"])
        let credentials = Credentials(account: "svc", keyFile: "/k", certificateFile: "/c", knownHostsFile: "/kh")
        place = try values.place(
            on: values.hosts[0], for: try SessionIdentity(hub: "h", user: "bob"), credentials: credentials, account)
        #expect(place.user == "svc")
        #expect(place.keyFile == "/k")
        #expect(place.certificate == "/c")
        #expect(place.knownHosts == ["/kh", "/etc/known"])
        // A hub's user name that is no account is told, and not tried.
        #expect(throws: SpawnError.self) {
            try values.place(on: values.hosts[0], for: try SessionIdentity(hub: "h", user: "b o b"), account)
        }
    }

    @Test func `rewrite both of the hub's URLs, and nothing else`() throws {
        let before = [
            "JUPYTERHUB_API_URL": "http://hub:8081/hub/api",
            "JUPYTERHUB_ACTIVITY_URL": "http://hub:8081/hub/api/users/x/activity",
            "JUPYTERHUB_BASE_URL": "/",
        ]
        func rewritten(_ values: [String: JSONValue], port: Int? = nil) throws -> [String: String] {
            var variables = before
            try options(values).hub.rewrite(&variables, port: port)
            return variables
        }
        #expect(try rewritten([:])["JUPYTERHUB_API_URL"] == before["JUPYTERHUB_API_URL"])
        let tunnel = try rewritten([:], port: 4711)
        #expect(tunnel["JUPYTERHUB_API_URL"] == "http://127.0.0.1:4711/hub/api")
        #expect(tunnel["JUPYTERHUB_ACTIVITY_URL"] == "http://127.0.0.1:4711/hub/api/users/x/activity")
        let named = try rewritten(["hub_api_url": "https://hub.example.org/hub/api"])
        #expect(named["JUPYTERHUB_ACTIVITY_URL"] == "https://hub.example.org/hub/api/users/x/activity")
        #expect(try rewritten(["hub_public_host": "public"])["JUPYTERHUB_API_URL"] == "http://public:8081/hub/api")
        #expect(try rewritten(["hub_activity_url": "http://a/b"])["JUPYTERHUB_ACTIVITY_URL"] == "http://a/b")
        #expect(try options([:]).hub.isForwarded)
        #expect(try !options(["connect": "direct"]).hub.isForwarded)
        #expect(try !options(["hub_api_url": "http://h/"]).hub.isForwarded)
        let end = try options([:]).hub.end(of: "http://127.0.0.1:8081/hub/api")
        #expect(end == TunnelPoint(host: "127.0.0.1", port: 8081))
        #expect(
            try options(["hub_api_interface": "10.0.0.1"]).hub.end(of: "https://hub/hub/api")
                == TunnelPoint(host: "10.0.0.1", port: 443))
    }

    @Test func `are read back from a handle, and from no other`() throws {
        let place = SSHPlace(
            host: "gpu-2", port: 22, user: "alice", keyFile: "/k", certificate: nil, agent: nil, knownHosts: ["/kh"],
            acceptsNew: false, jumps: [])
        var ssh = SSHHandle(
            session: try SessionID("one"), attempt: "one-x", place: place, base: "~/.multiplespawner",
            address: "127.0.0.1")
        #expect(try SSHHandle(Handle(ssh, backend: "ssh")) == ssh)
        ssh.pid = 4711
        ssh.startTime = 12
        ssh.bootID = "b-1"
        ssh.port = 8888
        ssh.localPort = 40000
        #expect(try SSHHandle(Handle(ssh, backend: "ssh")) == ssh)
        #expect(ssh.endpoint == Endpoint(host: "127.0.0.1", port: 40000))
        #expect(throws: SpawnError.self) { try SSHHandle(Handle(ssh, backend: "local")) }
        #expect(throws: SpawnError.self) { try SSHHandle(Handle(ssh, backend: "ssh", version: 2)) }
        for pid in [-1, 0, 1] {
            ssh.pid = pid
            #expect(throws: SpawnError.self) { try SSHHandle(Handle(ssh, backend: "ssh")) }
        }
        ssh.pid = nil
        ssh.attempt = "../x"
        #expect(throws: SpawnError.self) { try SSHHandle(Handle(ssh, backend: "ssh")) }
    }

    @Test func `write names as one word, and read them back`() {
        for name in ["alice", "a b", "ä%ö", "", "a\u{301}/x", "%41", "日本"] {
            let word = LabelText.encoded(name)
            #expect(word.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
            #expect(LabelText.decoded(word) == name)
        }
        #expect(LabelText.decoded("%") == nil)
        #expect(LabelText.decoded("%zz") == nil)
        #expect(LabelText.decoded("%FF") == nil)
    }
}

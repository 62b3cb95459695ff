import BackendContract
import Foundation
import Glibc
import MultipleSpawner
import Testing
import Transport

@testable import Backends

@Suite(.enabled(if: SSHServer.isInstalled), .serialized) struct `Servers on machines that come and go` {
    /// A server and a stand-in for the hub, whose API the server reaches.
    private func start(_ test: SSHTest) async throws -> (handle: Handle, endpoint: Endpoint, hub: Handle) {
        let hub = try await test.start(try test.plan(options: ["ssh_forward_tunnel_client": false], user: "hub"))
        try await test.answer(hub.handle, hub.endpoint)
        let api = "http://127.0.0.1:\(try #require(try SSHHandle(hub.handle).port))/hub/api"
        let (handle, endpoint) = try await test.start(
            try test.plan(environment: [
                "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/user/alice/", "JUPYTERHUB_API_URL": Secret(api),
            ]))
        try await test.answer(handle, endpoint)
        return (handle, endpoint, hub.handle)
    }

    /// Whether HTTP is answered there.
    private func answers(_ port: Int) async -> Bool {
        let http = HTTPClient()
        defer { http.shutDown() }
        return (try? await http.send(HTTPRequest("GET", "http://127.0.0.1:\(port)/")).status) == 200
    }

    @Test(arguments: SSHTest.Transport.allCases)
    func `are unreachable, and not gone, while SSH is, and reached again at the same ports`(
        _ transport: SSHTest.Transport
    ) async throws {
        let test = try await SSHTest(transport: transport)
        let (handle, endpoint, hub) = try await start(test)
        let forwarded = try #require(try SSHHandle(handle).hub).port
        #expect(await answers(endpoint.port))
        #expect(await answers(forwarded))
        test.server.stop()
        guard case .unreachable = try await test.state(handle) else {
            Issue.record("a machine that does not answer was believed")
            return
        }
        await #expect(throws: SpawnError.self) { try await test.backend.stop(handle, grace: .zero) }
        try await test.server.start()
        try await test.wait { try await test.state(handle) == .running }
        try await test.wait { await answers(endpoint.port) }
        try await test.wait { await answers(forwarded) }
        // Cut once more, without a listener that was away.
        test.server.cut()
        try await test.wait { await answers(forwarded) }
        #expect(await answers(endpoint.port))
        for each in [handle, hub] { try await test.backend.stop(each, grace: .seconds(2)) }
        #expect(test.directories == [])
        #expect(await !answers(endpoint.port))
        await test.remove()
    }

    @Test(arguments: SSHTest.Transport.allCases)
    func `are reached at the same ports by a daemon that was started again`(
        _ transport: SSHTest.Transport
    ) async throws {
        let test = try await SSHTest(transport: transport)
        let (handle, endpoint, hub) = try await start(test)
        let forwarded = try #require(try SSHHandle(handle).hub).port
        await test.crash()
        #expect(await !answers(endpoint.port))
        let restarted = await test.restarted()
        await restarted.resume([handle, hub])
        #expect(try await test.state(handle, by: restarted) == .running)
        try await test.wait { await answers(endpoint.port) }
        try await test.wait { await answers(forwarded) }
        for each in [handle, hub] { try await restarted.stop(each, grace: .seconds(2)) }
        #expect(await !answers(forwarded))
        await restarted.tunnels.closeAll()
        await test.remove()
    }

    @Test func `are believed to a hub that kept them, when the machine says so`() async throws {
        let test = try await SSHTest()
        let plan = try test.plan()
        let (handle, endpoint) = try await test.start(plan)
        try await test.answer(handle, endpoint)
        await test.crash()
        let restarted = await test.restarted()
        let found = try #require(try await restarted.confirm(handle, of: plan.id, for: plan.identity))
        #expect(try SSHHandle(found).pid == SSHHandle(handle).pid)
        try await test.wait { await answers(endpoint.port) }
        let other = try SessionIdentity(hub: "test", user: "mallory")
        #expect(try await restarted.confirm(handle, of: plan.id, for: other) == nil)
        var elsewhere = try SSHHandle(handle)
        elsewhere.place.host = "localhost"
        let claimed = try Handle(elsewhere, backend: SSHBackend.kind)
        #expect(try await restarted.confirm(claimed, of: plan.id, for: plan.identity) == nil)
        try await restarted.stop(found, grace: .seconds(2))
        await restarted.tunnels.closeAll()
        await test.remove()
    }

    @Test func `are lost with a reboot, and a number that was given again is not theirs`() async throws {
        let test = try await SSHTest()
        let (handle, endpoint) = try await test.start(try test.plan())
        try await test.answer(handle, endpoint)
        var ssh = try SSHHandle(handle)
        let boot = ssh.bootID
        ssh.bootID = "another-boot"
        let rebooted = try Handle(ssh, backend: SSHBackend.kind)
        #expect(try await test.state(rebooted) == .lost("the host was rebooted"))
        ssh.bootID = boot
        ssh.startTime = try #require(ssh.startTime) + 1
        let reused = try Handle(ssh, backend: SSHBackend.kind)
        #expect(try await test.state(reused) == .exited(nil))
        // Nor is anybody killed for having that number.
        ssh.session = try SessionID("somebody-else")
        try await test.backend.stop(try Handle(ssh, backend: SSHBackend.kind), grace: .zero)
        #expect(try await test.state(handle) == .running)
        try await test.backend.stop(handle, grace: .seconds(2))
        await test.remove()
    }

    @Test func `do nothing when a start comes after its end`() async throws {
        let test = try await SSHTest()
        let plan = try test.plan()
        let checkpoints = Checkpoints()
        let checkpoint = Checkpoint(save: { [backend = test.backend] handle in
            try await checkpoints.checkpoint(handle)
            if checkpoints.handles.count == 1 { try await backend.stop(handle, grace: .zero) }
        })
        await #expect(throws: SpawnError.self) { try await test.backend.start(plan, checkpoint: checkpoint) }
        #expect(test.directories == [])
        #expect(try await test.backend.census().whole().isEmpty)
        await test.remove()
    }

    @Test func `are not started twice, and what an earlier start left is ended`() async throws {
        let test = try await SSHTest()
        let plan = try test.plan(["--stray"])
        let (first, endpoint) = try await test.start(plan)
        try await test.answer(first, endpoint)
        let (second, other) = try await test.start(plan)
        try await test.answer(second, other)
        guard case .exited = try await test.state(first) else {
            Issue.record("two servers of one session")
            return
        }
        #expect(try await test.state(second) == .running)
        #expect(test.directories.count == 1)
        try await test.backend.stop(second, grace: .seconds(2))
        await test.remove()
    }

    @Test(arguments: [["--stray"], ["--deaf"], ["--stray", "--deaf"], ["--silent"]])
    func `leave nobody behind when they are stopped`(_ arguments: [String]) async throws {
        let test = try await SSHTest()
        let plan = try test.plan(arguments)
        let (handle, endpoint) = try await test.start(plan)
        if arguments != ["--silent"] { try await test.answer(handle, endpoint) }
        let label = Array("MULTIPLESPAWNER_SESSION=\(plan.id.rawValue)".utf8)
        func left() throws -> Int {
            try ProcessStatus.all().filter { status in
                !status.isDead
                    && (try? SystemFile.read("/proc/\(status.pid)/environ"))?.split(separator: 0).contains {
                        $0.elementsEqual(label)
                    } == true
            }.count
        }
        #expect(try left() > 0)
        try await test.backend.stop(handle, grace: .milliseconds(200))
        #expect(try left() == 0)
        #expect(test.directories == [])
        await test.remove()
    }

    @Test func `are asked to end before they are killed`() async throws {
        let test = try await SSHTest()
        let said = "\(test.server.directory.path)/said"
        let script = "trap 'echo bye >\(said); exit 0' TERM; while :; do sleep 0.05; done"
        let (handle, _) = try await test.start(
            try test.plan(options: ["cmd": ["/bin/sh", "-c", .string(script)]]))
        try await test.wait { try await test.state(handle) == .running }
        let clock = ContinuousClock()
        let took = try await clock.measure { try await test.backend.stop(handle, grace: .seconds(60)) }
        #expect(took < .seconds(30))
        #expect(try String(contentsOfFile: said, encoding: .utf8) == "bye\n")
        await test.remove()
    }

    @Test func `are started on the next machine when one cannot serve, and tell each reason`() async throws {
        let test = try await SSHTest()
        let nobody = try #require(SocketAddress("127.0.0.1", port: 0)).bindOnce()
        let dead = JSONValue.string("127.0.0.1:\(nobody)")
        var options: [String: JSONValue] = ["hosts": [dead, "127.0.0.1"], "host_choice": "round_robin"]
        let (handle, endpoint) = try await test.start(try test.plan(options: options))
        try await test.answer(handle, endpoint)
        #expect(try SSHHandle(handle).place.port == test.server.port)
        try await test.backend.stop(handle, grace: .seconds(2))
        options["hosts"] = [dead, .string("stranger@127.0.0.1")]
        let error = try await #require(throws: SpawnError.self) {
            _ = try await test.start(try test.plan(options: options))
        }
        #expect(error.details.count == 2, "\(error.details)")
        #expect(error.details.contains { $0.contains(String(nobody)) })
        #expect(error.details.contains { $0.contains("stranger") })
        await test.remove()
    }

    @Test func `start again at another port when theirs was taken, and say so where it has to be that one`()
        async throws
    {
        let test = try await SSHTest()
        let (first, endpoint) = try await test.start(try test.plan())
        try await test.answer(first, endpoint)
        let taken = try #require(try SSHHandle(first).port)
        let error = try await #require(throws: SpawnError.self) {
            _ = try await test.start(try test.plan(options: ["port": .integer(taken)], user: "bob"))
        }
        #expect(error.code == .unavailable && error.message.contains("\(taken)"))
        // A port that somebody else took between the look and the bind.
        let (second, elsewhere) = try await test.start(
            try test.plan(["--silent"], options: ["ssh_forward_tunnel_client": false], user: "bob"))
        var ssh = try SSHHandle(second)
        ssh.port = taken
        let stranger = try await #require(throws: SpawnError.self) {
            _ = try await test.backend.isAnswering(try Handle(ssh, backend: SSHBackend.kind), at: elsewhere)
        }
        #expect(stranger.code == .unavailable)
        for each in [first, second] { try await test.backend.stop(each, grace: .zero) }
        await test.remove()
    }

    @Test(arguments: ["echo PORT", "echo 127.0.0.1 PORT", "echo greetings; echo PORT 127.0.0.1"])
    func `take the port that a command says`(_ command: String) async throws {
        let test = try await SSHTest()
        let port = try #require(SocketAddress("127.0.0.1", port: 0)).bindOnce()
        let line = command.split(separator: "PORT", omittingEmptySubsequences: false).joined(separator: "\(port)")
        let (handle, endpoint) = try await test.start(
            try test.plan(options: ["remote_port_command": .string(line), "connect": "direct"]))
        try await test.answer(handle, endpoint)
        #expect(endpoint == Endpoint(host: "127.0.0.1", port: port))
        try await test.backend.stop(handle, grace: .seconds(2))
        await test.remove()
    }

    @Test func `say why they did not start`() async throws {
        let test = try await SSHTest()
        func failure(_ options: [String: JSONValue], _ arguments: [String] = []) async throws -> SpawnError {
            let (handle, endpoint) = try await test.start(try test.plan(arguments, options: options))
            let error = try await #require(throws: SpawnError.self) { try await test.answer(handle, endpoint) }
            try await test.backend.stop(handle, grace: .zero)
            return error
        }
        let missing = try await failure(["cmd": ["no-such-server"]])
        #expect(missing.message.contains("127") && missing.details.contains { $0.contains("no-such-server") })
        let ended = try await failure([:], ["--exit", "4"])
        #expect(ended.message.contains("status 4") && ended.details.contains("leaving with 4"))
        for words in ["[Errno 98] Address already in use", "The port 8888 is already in use."] {
            let script: JSONValue = ["/bin/sh", "-c", .string("echo '\(words)' >&2; exit 1")]
            #expect(try await failure(["cmd": script]).code == .unavailable, "worth another port: \(words)")
        }
        #expect(try await failure(["notebook_dir": "/no/such/directory"]).message.contains("notebook_dir"))
        #expect(try await failure(["conda_env": "no-such-environment"]).message.contains("conda_env"))
        await test.remove()
    }

    @Test func `tell what is the matter with a machine`() async throws {
        let test = try await SSHTest(settings: ["AllowTcpForwarding no"])
        let findings = await test.backend.examine(
            .object(test.server.options.merging(["cmd": [.string(FakeServer.absolutePath)]]) { $1 }))
        #expect(findings.contains { $0.level == .ok && $0.message.contains("login") }, "\(findings)")
        #expect(findings.contains { $0.level == .failed && $0.message.contains("orward") }, "\(findings)")
        #expect(findings.contains { $0.level == .ok && $0.message.contains(FakeServer.absolutePath) }, "\(findings)")
        let absent = await test.backend.examine(
            .object(test.server.options.merging(["cmd": ["no-such-server"]]) { $1 }))
        #expect(absent.contains { $0.level == .failed && $0.message.contains("no-such-server") }, "\(absent)")
        let unknown = await test.backend.examine(
            .object(test.server.options.merging(["known_hosts": ["/dev/null"]]) { $1 }))
        #expect(unknown.contains { $0.level == .failed && $0.message.contains("host key") }, "\(unknown)")
        await test.remove()
    }

    @Test func `are taken over from sshspawner's state, when they are that user's`() async throws {
        let test = try await SSHTest()
        let port = try #require(SocketAddress("127.0.0.1", port: 0)).bindOnce()
        // As sshspawner starts it.
        let script =
            "export JUPYTERHUB_USER=alice JUPYTERHUB_SERVICE_URL=http://127.0.0.1:\(port)/\n"
            + "\(FakeServer.absolutePath) </dev/null >/dev/null 2>&1 &\necho $!\n"
        let link = try await test.backend.machines.link(
            to: SSHPlace(
                host: "127.0.0.1", port: test.server.port, user: test.server.user, keyFile: test.server.keyFile,
                certificate: nil, agent: nil, knownHosts: [test.server.knownHosts], acceptsNew: false, jumps: []))
        let answer = try await link.run(RemoteCommand(script: script))
        let pid = try #require(Int(answer.text.trimmingCharacters(in: .whitespacesAndNewlines)))
        let alice = try SessionIdentity(hub: "h", user: "alice")
        for key in ["remote_ip", "remote_host"] {
            let state: JSONValue = .object(["pid": .integer(pid), key: "127.0.0.1"])
            try await test.wait { try await test.backend.adopt(original: state, for: alice) != nil }
            let found = try #require(try await test.backend.adopt(original: state, for: alice))
            #expect(found.endpoint.port == port)
            #expect(try await test.state(found.handle) == .running)
            let bob = try SessionIdentity(hub: "h", user: "bob")
            #expect(try await test.backend.adopt(original: state, for: bob) == nil)
            let named = try SessionIdentity(hub: "h", user: "alice", server: "second")
            #expect(try await test.backend.adopt(original: state, for: named) == nil)
        }
        #expect(try await test.backend.adopt(original: ["pid": 1, "remote_ip": "127.0.0.1"], for: alice) == nil)
        #expect(
            try await test.backend.adopt(original: ["pid": .integer(pid), "remote_ip": "elsewhere"], for: alice) == nil)
        let state: JSONValue = .object(["pid": .integer(pid), "remote_ip": "127.0.0.1"])
        let found = try #require(try await test.backend.adopt(original: state, for: alice))
        try await test.backend.stop(found.handle, grace: .seconds(2))
        guard case .exited = try await test.state(found.handle) else {
            Issue.record("it runs on")
            return
        }
        await test.remove()
    }

    @Test func `have their certificates where they are told`() async throws {
        let test = try await SSHTest()
        let seen = "\(test.server.directory.path)/seen"
        var plan = try test.plan(options: [
            "pre_start": [
                .string(
                    "ls -l \"$JUPYTERHUB_SSL_KEYFILE\" >\(seen); cat \"$JUPYTERHUB_SSL_CERTFILE\" \"$JUPYTERHUB_SSL_CLIENT_CA\" >>\(seen)"
                )
            ]
        ])
        plan.certificates = Certificates(key: "the key", certificate: "the\ncert", authorities: "the 'ca'")
        let (handle, endpoint) = try await test.start(plan)
        try await test.answer(handle, endpoint)
        let text = try String(contentsOfFile: seen, encoding: .utf8)
        #expect(text.hasPrefix("-rw-------"), "\(text)")
        #expect(text.hasSuffix("the\ncert\nthe 'ca'\n"), "\(text)")
        #expect(try await test.log(handle).contains("ready"))
        try await test.backend.stop(handle, grace: .seconds(2))
        await test.remove()
    }
}

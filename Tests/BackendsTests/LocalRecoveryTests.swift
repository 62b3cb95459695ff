import Glibc
import MultipleSpawner
import Testing

@testable import Backends

@Suite struct `A local server` {
    @Test func `outlives the program that started it, and is found by its label`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let id = try SessionID("t-\(UInt64.random(in: 0 ... .max))")
        let environment: [String: Secret] = [
            "JUPYTERHUB_SERVICE_URL": Secret("http://127.0.0.1:\(try test.freePort())/user/alice/"),
            "INNER_SESSION": Secret(id.rawValue),
        ]
        // A program that starts a server as the daemon does, and dies before it has written anything down.
        let script = """
            export MULTIPLESPAWNER_SESSION=$INNER_SESSION MULTIPLESPAWNER_USER=bob
            exec \(FakeServer.path) --launch \(FakeServer.path)
            """
        let (parent, _) = try await test.start(
            options: ["cmd": ["/bin/sh", "-c", .string(script)]], environment: environment)
        try await test.wait { try await test.log(parent).contains("\n") }
        let printed = try await test.log(parent)
        let pid = try #require(Int32(printed.split(separator: "\n")[0]))
        let parentPID = try LocalHandle(parent).pid
        kill(parentPID, SIGKILL)
        try await test.wait { try ProcessStatus.read(pid)?.parent != parentPID }

        let restarted = LocalBackend(try test.restarted())
        let resident = try #require(try await restarted.census().residents.first { $0.session == id })
        #expect(resident.identity == (try SessionIdentity(hub: "test", user: "bob")))
        #expect(try LocalHandle(resident.handle).pid == pid)
        #expect(await restarted.poll([resident.handle]) == [Observation(resident.handle, .running)])

        // It is no child of ours: its end is seen, its status is not.
        let ends = restarted.changes()
        kill(pid, SIGKILL)
        for await ended in ends {
            #expect(ended == resident.handle)
            break
        }
        #expect(await restarted.poll([resident.handle]) == [Observation(resident.handle, .exited(nil))])
        try await restarted.stop(resident.handle, grace: .zero)
        try await test.backend.stop(parent, grace: .zero)
    }

    @Test func `is watched and stopped by a restarted daemon`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let (handle, endpoint) = try await test.start(["--stray", "--deaf"])
        try await test.answer(handle, endpoint)
        let stray = try await test.stray(handle)
        let restarted = LocalBackend(try test.restarted())
        #expect(await restarted.poll([handle]) == [Observation(handle, .running)])
        #expect(try await restarted.isAnswering(handle, at: endpoint))
        try await restarted.stop(handle, grace: .zero)
        #expect(try ProcessStatus.read(stray).map(\.isDead) ?? true)
        try await test.wait { await test.backend.poll([handle]).first?.state != .running }
    }

    @Test func `whose number means another process now is gone, and that process is left alone`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let (handle, endpoint) = try await test.start()
        try await test.answer(handle, endpoint)
        let real = try LocalHandle(handle)

        var earlier = real
        earlier.startTime -= 1
        var otherBoot = real
        otherBoot.bootID = "00000000-0000-0000-0000-000000000000"
        for var local in [earlier, otherBoot] {
            local.session = try SessionID("t-\(UInt64.random(in: 0 ... .max))")
            local.cgroups = []
            let stale = try Handle(local, backend: LocalBackend.kind)
            let restarted = LocalBackend(try test.restarted())
            #expect(await restarted.poll([stale]) == [Observation(stale, .exited(nil))])
            try await restarted.stop(stale, grace: .seconds(1))
            #expect(await test.backend.poll([handle]) == [Observation(handle, .running)])
        }
        try await test.backend.stop(handle, grace: .seconds(1))
    }

    @Test(arguments: [-1, 0, 1] as [Int32])
    func `with a number that means everybody is refused`(pid: Int32) async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let local = LocalHandle(
            session: nil, pid: pid, startTime: 1, bootID: test.machine.bootID, uid: 0, address: "127.0.0.1", port: 1)
        let handle = try Handle(local, backend: LocalBackend.kind)
        await #expect(throws: SpawnError.self) { try await test.backend.stop(handle, grace: .zero) }
        guard case .unreachable? = await test.backend.poll([handle]).first?.state else {
            Issue.record("it was not answered with 'unreachable'")
            return
        }
    }

    @Test func `may not name another's cgroup or log in its handle`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let id = try SessionID("t-1")
        let local = LocalHandle(
            session: id, pid: 4_000_000, startTime: 1, bootID: test.machine.bootID, uid: 0, address: "127.0.0.1",
            port: 1,
            cgroups: [
                "/sys/fs/cgroup/unified", "/sys/fs/cgroup/unified/multiplespawner/t-2",
                "/sys/fs/cgroup/unified/../../../../tmp/multiplespawner/t-1", "/tmp/multiplespawner/t-1",
                "/sys/fs/cgroup/unified/multiplespawner/t-1",
            ], log: "/etc/passwd")
        let trusted = try test.machine.trusted(try Handle(local, backend: LocalBackend.kind))
        #expect(trusted.cgroups == ["/sys/fs/cgroup/unified/multiplespawner/t-1"])
        #expect(trusted.log == nil)
    }

    @Test(arguments: [true, false])
    func `of an attempt that was forgotten is ended before the next attempt starts`(withCgroup: Bool) async throws {
        let test = try LocalTest(hierarchies: withCgroup ? nil : [])
        defer { test.remove() }
        let plan = try test.plan()
        let first = Checkpoints()
        _ = try await test.backend.start(plan, checkpoint: first.checkpoint)
        let lost = try LocalHandle(try #require(first.handles.last))
        let restarted = LocalBackend(
            try LocalMachine(logDirectory: test.machine.logDirectory, hierarchies: test.machine.hierarchies))
        let second = Checkpoints()
        let endpoint = try await restarted.start(plan, checkpoint: second.checkpoint)
        let handle = try #require(second.handles.last)
        try await test.answer(handle, endpoint, by: restarted)
        try await test.wait { try ProcessStatus.read(lost.pid).map(\.isDead) ?? true }
        #expect(try await restarted.census().residents.filter { $0.session == plan.id }.count == 1)
        try await restarted.stop(handle, grace: .seconds(1))
        try await test.backend.stop(try #require(first.handles.last), grace: .zero)
    }

    @Test func `of JupyterHub's own spawner is taken over by its pid`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let port = try test.freePort()
        // Not ours: it has no label, only what JupyterHub gives.
        let script = """
            unset MULTIPLESPAWNER_SESSION MULTIPLESPAWNER_BACKEND
            export JUPYTERHUB_SERVICE_URL=http://127.0.0.1:\(port)/user/alice/ JUPYTERHUB_USER=alice
            exec \(FakeServer.path)
            """
        let (host, _) = try await test.start(options: ["cmd": ["/bin/sh", "-c", .string(script)]])
        try await test.wait { try await test.log(host).contains("ready") }
        let pid = try LocalHandle(host).pid

        let restarted = LocalBackend(try test.restarted())
        let alice = try SessionIdentity(hub: "hub", user: "alice")
        let mallory = try SessionIdentity(hub: "hub", user: "mallory")
        #expect(try await restarted.adopt(original: ["pid": .integer(Int(pid))], for: mallory) == nil)
        let (handle, endpoint) = try #require(await restarted.adopt(original: ["pid": .integer(Int(pid))], for: alice))
        #expect(try LocalHandle(handle).pid == pid)
        #expect(endpoint == Endpoint(host: "127.0.0.1", port: port))
        try await test.answer(handle, endpoint, by: restarted)
        #expect(await restarted.poll([handle]) == [Observation(handle, .running)])
        await #expect(throws: SpawnError.self) { try await restarted.logs(handle, follow: false) }
        try await restarted.stop(handle, grace: .seconds(2))
        try await test.wait { await test.backend.poll([host]).first?.state != .running }
        #expect(try await restarted.adopt(original: ["pid": .integer(Int(pid))], for: alice) == nil)
        try await test.backend.stop(host, grace: .zero)

        // A number that means something else by now: this very process.
        #expect(try await restarted.adopt(original: ["pid": .integer(Int(getpid()))], for: alice) == nil)
        #expect(try await restarted.adopt(original: ["pid": 1], for: alice) == nil)
        #expect(try await restarted.adopt(original: ["pid": -1], for: alice) == nil)
        #expect(try await restarted.adopt(original: ["pid": "12"], for: alice) == nil)
    }
}

import FoundationEssentials
import MultipleSpawner
import Synchronization
import Testing

@Suite struct OrchestratorTests {
    @Test func `a start runs, and a stop undoes it`() async throws {
        let hub = try await Hub()
        let phase = try await hub.start("a")
        #expect(phase == .running(Endpoint(host: "127.0.0.1", port: 4711)))
        #expect(hub.backend.running == 1)
        let stopped = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(stopped.lifecycle.phase == .stopped(.asked))
        #expect(hub.backend.running == 0)
        #expect(hub.journal.records.isEmpty)
    }

    @Test func `asking twice with one id starts once`() async throws {
        let hub = try await Hub()
        let request = try Hub.request("a")
        async let first = hub.orchestrator.submit(request)
        async let second = hub.orchestrator.submit(request)
        _ = try await (first, second)
        _ = try await hub.phase(of: "a") { $0.isSettled }
        #expect(hub.backend.world.withLock { $0.started } == 1)
    }

    @Test func `a second session for the same server is refused, and named servers are apart`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        await #expect(throws: SpawnError.self) { try await hub.orchestrator.submit(Hub.request("b")) }
        _ = try await hub.start("c", server: "gpu")
        #expect(hub.backend.running == 2)
    }

    @Test func `an id that belongs to another user is refused and tells nothing`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        await #expect(throws: SpawnError.self) { try await hub.orchestrator.submit(Hub.request("a", user: "mallory")) }
    }

    @Test(arguments: [
        ScriptedBackend.Failure.beforeCheckpoint, .afterCheckpoint, .whenAsked,
    ])
    func `a start that fails says why and leaves nothing`(_ failure: ScriptedBackend.Failure) async throws {
        let hub = try await Hub(backend: ScriptedBackend(failure: failure))
        let phase = try await hub.start("a")
        guard case .failed(let reason) = phase else {
            Issue.record("the start is \(phase)")
            return
        }
        #expect(reason.code == "backend_failed")
        #expect(!reason.message.isEmpty)
        #expect(hub.backend.running == 0)
        #expect(hub.journal.records.isEmpty)
    }

    @Test func `a port that was taken is a reason to start again`() async throws {
        let hub = try await Hub(backend: ScriptedBackend(failure: .portTaken))
        let phase = try await hub.start("a")
        #expect(phase.name == "running")
        #expect(hub.backend.running == 1)
        #expect(hub.backend.world.withLock { $0.started } == 2)
    }

    @Test func `a stop during a start cancels it and undoes it`() async throws {
        let gate = Gate()
        let hub = try await Hub(backend: ScriptedBackend(gate: gate))
        _ = try await hub.orchestrator.submit(Hub.request("a"))
        await gate.reached()
        let stopped = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(stopped.lifecycle.phase == .stopped(.asked))
        #expect(hub.backend.running == 0)
    }

    @Test func `a stop that comes before the start is written down is not lost`() async throws {
        let hub = try await Hub()
        let request = try Hub.request("a")
        async let submitted = hub.orchestrator.submit(request)
        while await hub.orchestrator.isKnown(request.id) == false { await Task.yield() }
        let stopped = try await hub.orchestrator.stop(request.id)
        _ = try await submitted
        #expect(stopped.lifecycle.phase == .stopped(.asked))
        #expect(hub.backend.running == 0)
        #expect(hub.journal.records.isEmpty)
    }

    @Test func `a start that takes too long is undone and says so`() async throws {
        let hub = try await Hub(backend: ScriptedBackend(gate: Gate()))
        let phase = try await hub.start("a", timeout: .milliseconds(50))
        guard case .failed(let failure) = phase else {
            Issue.record("the start is \(phase)")
            return
        }
        #expect(failure.code == "timed_out")
        #expect(hub.backend.running == 0)
    }

    @Test func `a server that ends by itself is seen with its status`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        hub.backend.crash(try SessionID("a"))
        let phase = try await hub.phase(of: "a") { $0.isOver }
        #expect(phase == .stopped(.exited(7)))
    }

    @Test func `a server that its place has lost ends as failed, with the reason`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        hub.backend.world.withLock { $0.lost = "the node 'worker-2' is down" }
        hub.backend.crash(try SessionID("a"))
        let phase = try await hub.phase(of: "a") { $0.isOver }
        guard case .failed(let failure) = phase else {
            Issue.record("it is \(phase)")
            return
        }
        #expect(failure.message == "the node 'worker-2' is down")
    }

    @Test func `a place that cannot be asked ends nothing`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        hub.backend.world.withLock { $0.isUnreachable = true }
        let id = try SessionID("a")
        let handle = try #require(await hub.ledger[id]?.lifecycle.handle)
        #expect(await hub.backend.poll([handle]).first?.state == .unreachable("the line is cut"))
        #expect(await hub.ledger[id]?.lifecycle.phase.name == "running")
    }

    @Test func `a stop goes on until the place can be reached`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        hub.backend.world.withLock { $0.stopFailures = 1 }
        let stopped = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(stopped.lifecycle.phase == .stopped(.asked))
        #expect(hub.backend.running == 0)
    }

    @Test func `a start waits for the last server's end, and says so where that takes too long`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        hub.backend.world.withLock { $0.stopFailures = 1 }
        async let stopped = hub.orchestrator.stop(try SessionID("a"))
        _ = try await hub.phase(of: "a") { $0.name == "stopping" }
        let error = try await #require(throws: SpawnError.self) {
            try await hub.orchestrator.submit(Hub.request("b", timeout: .milliseconds(50)))
        }
        #expect(error.code == .unavailable && error.message.contains("still being ended"), "\(error.message)")
        #expect(try await hub.start("c").name == "running")
        _ = try await stopped
        #expect(hub.backend.running == 1)
    }

    @Test func `a journal that cannot be written to starts nothing`() async throws {
        let journal = MemoryJournal()
        let hub = try await Hub(journal: journal)
        journal.breakDown()
        await #expect(throws: SpawnError.self) { try await hub.orchestrator.submit(Hub.request("a")) }
        #expect(hub.backend.world.withLock { $0.started } == 0)
        journal.mend()
        #expect(try await hub.start("a").name == "running")
    }

    @Test func `changes that come together are written together`() async throws {
        let hub = try await Hub()
        let count = 200
        try await withThrowingTaskGroup { group in
            for number in 0..<count {
                group.addTask { _ = try await hub.start("s\(number)", user: "user\(number)") }
            }
            try await group.waitForAll()
        }
        #expect(hub.journal.records.count == count)
        #expect(hub.journal.writes < 3 * count)
    }

    @Test func `the lifetime ends a session, and an extension moves its end up to the maximum`() async throws {
        let hub = try await Hub(lifetime: Lifetime(minutes: 10, maximum: 15))
        _ = try await hub.start("a")
        let id = try SessionID("a")
        let expires = try #require(await hub.ledger[id]?.expires)
        let extended = try await hub.orchestrator.extend(id, minutes: 60)
        #expect(extended.expires == expires.addingTimeInterval(300))
        await #expect(throws: SpawnError.self) { try await hub.orchestrator.extend(id, minutes: 1) }
        await hub.orchestrator.tidy(at: expires.addingTimeInterval(299))
        #expect(await hub.ledger[id]?.lifecycle.phase.name == "running")
        await hub.orchestrator.tidy(at: expires.addingTimeInterval(301))
        let phase = try await hub.phase(of: "a") { $0.isOver }
        #expect(phase == .stopped(.lifetimeOver))
    }

    @Test func `a session that no hub asks after is ended, and one that is kept stays`() async throws {
        let policy = Orchestrator.Policy(grace: .zero, abandonedAfter: .seconds(60), abandonedStartAfter: .zero)
        let hub = try await Hub(policy: policy)
        _ = try await hub.start("kept", user: "alice")
        _ = try await hub.start("lost", user: "bob")
        await hub.orchestrator.keep([try SessionID("kept")], hub: "hub")
        await hub.orchestrator.keep([try SessionID("lost")], hub: "another hub")
        await hub.orchestrator.tidy()
        let phase = try await hub.phase(of: "lost") { $0.isOver }
        #expect(phase == .stopped(.abandoned))
        #expect(await hub.ledger[try SessionID("kept")]?.lifecycle.phase.name == "running")
    }

    @Test func `the journal never holds a secret`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        let text = String(decoding: try JSONEncoder().encode(hub.journal.records), as: UTF8.self)
        #expect(!text.contains("s3cr3t"))
    }
}

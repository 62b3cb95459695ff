import FoundationEssentials
import MultipleSpawner
import Synchronization
import Testing

/// The way into a machine: made before the server starts, closed after it was stopped, whatever happens in between.
@Suite(.timeLimit(.minutes(1))) struct AccessTests {
    private let backend = ScriptedBackend()

    @Test func `the way is made before the server starts, and closed after it has stopped`() async throws {
        let authenticator = ScriptedAuthenticator(beside: backend)
        let hub = try await Hub(backend: backend, authenticator: authenticator)
        #expect(try await hub.start("a").name == "running")
        #expect(authenticator.made == 1)
        #expect(backend.world.withLock { $0.credentials } == [Credentials(account: "alice", keyFile: "/keys/a")])
        #expect(hub.journal.records.first?.lifecycle.grant?.payload == "a")
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        let world = authenticator.world.withLock { $0 }
        #expect(world.made.isEmpty && world.beside.isEmpty && world.prepared == 1 && world.cleaned == 1)
        #expect(world.requests == [#"[gpu-1:22] {"key_name":"k"}"#])
        #expect(hub.journal.records.isEmpty)
    }

    @Test func `what runs out under a running session is renewed, and the journal has the newest`() async throws {
        let authenticator = ScriptedAuthenticator(beside: backend)
        authenticator.world.withLock { $0.renewalFailures = 1 }
        let hub = try await Hub(backend: backend, authenticator: authenticator)
        _ = try await hub.start("a")
        // The first one fails, and nobody asks again at once.
        await hub.orchestrator.renew()
        await hub.orchestrator.renew()
        #expect(authenticator.world.withLock { $0.renewed } == [])
        // The next daemon asks before it looks at any machine.
        let next = try await Hub(
            backend: backend, journal: hub.journal, authenticator: authenticator, recovering: true)
        #expect(hub.journal.records.first?.lifecycle.grant?.payload == "renewed 1")
        await next.orchestrator.renew()
        #expect(authenticator.world.withLock { $0.renewed } == ["a", "renewed 1"])
        #expect(try await next.orchestrator.stop(try SessionID("a")).lifecycle.phase == .stopped(.asked))
        #expect(authenticator.made == 0)
        await next.orchestrator.renew()
        #expect(authenticator.world.withLock { $0.renewed.count } == 2)
    }

    @Test func `a session without an authenticator needs none`() async throws {
        let hub = try await Hub(backend: backend)
        #expect(try await hub.start("a").name == "running")
        #expect(backend.world.withLock { $0.credentials } == [nil])
        _ = try await hub.orchestrator.stop(try SessionID("a"))
    }

    @Test(arguments: [ScriptedAuthenticator.Failure.beforeCheckpoint, .afterCheckpoint, .afterMaking])
    func `where no way can be made nothing is started, and nothing stays`(
        failure: ScriptedAuthenticator.Failure
    ) async throws {
        let authenticator = ScriptedAuthenticator(beside: backend, failure: failure)
        let hub = try await Hub(backend: backend, authenticator: authenticator)
        let phase = try await hub.start("a")
        guard case .failed(let failed) = phase else { return #expect(Bool(false), "\(phase)") }
        #expect(failed.code == "forbidden" && failed.message.contains("walled up"))
        #expect(backend.world.withLock { $0.started } == 0)
        #expect(authenticator.made == 0)
        #expect(authenticator.world.withLock { $0.cleaned } == (failure == .beforeCheckpoint ? 0 : 1))
        #expect(hub.journal.records.isEmpty)
    }

    @Test func `a start that fails closes the way again`() async throws {
        let backend = ScriptedBackend(failure: .afterCheckpoint)
        let authenticator = ScriptedAuthenticator(beside: backend)
        let hub = try await Hub(backend: backend, authenticator: authenticator)
        #expect(try await hub.start("a").name == "failed")
        #expect(authenticator.made == 0 && backend.running == 0)
        #expect(authenticator.world.withLock { $0.beside }.isEmpty)
    }

    @Test func `a stop that comes while the way is made closes it`() async throws {
        let gate = Gate()
        let authenticator = ScriptedAuthenticator(beside: backend, gate: gate)
        let hub = try await Hub(backend: backend, authenticator: authenticator)
        _ = try await hub.orchestrator.submit(Hub.request("a"))
        await gate.reached()
        let stopping = Task { try await hub.orchestrator.stop(try SessionID("a")) }
        _ = try await hub.phase(of: "a") { $0.name == "stopping" || $0.isOver }
        gate.open()
        #expect(try await stopping.value.lifecycle.phase == .stopped(.asked))
        #expect(authenticator.made == 0)
        #expect(backend.world.withLock { $0.started } == 0)
    }

    @Test func `a way that cannot be closed is closed later`() async throws {
        let authenticator = ScriptedAuthenticator(beside: backend)
        authenticator.world.withLock { $0.cleanupFailures = 1 }
        let hub = try await Hub(backend: backend, authenticator: authenticator)
        _ = try await hub.start("a")
        #expect(try await hub.orchestrator.stop(try SessionID("a")).lifecycle.phase == .stopped(.asked))
        #expect(authenticator.made == 0)
        #expect(hub.journal.records.isEmpty)
    }

    @Test func `a daemon that is killed at any write leaves nothing that the next does not undo`() async throws {
        let authenticator = ScriptedAuthenticator(beside: backend)
        let journal = CrashJournal(backend, authenticator)
        let hub = try await Hub(backend: backend, journal: journal, authenticator: authenticator)
        _ = try await hub.start("a")
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        // Intent, grant, handle, answer, stop, what was there is undone, and end, each before and after.
        #expect(journal.moments.count == 14)
        for (index, moment) in journal.moments.enumerated() {
            let left = ScriptedBackend()
            left.world.withLock { $0.servers = moment.servers }
            let ways = ScriptedAuthenticator(beside: left)
            ways.world.withLock { $0.made = moment.ways.made }
            let kept = MemoryJournal()
            try kept.append(moment.records.map { JournalEntry(session: $0.id, content: .record($0)) })
            let next = try await Hub(backend: left, journal: kept, authenticator: ways, recovering: true)
            if let record = moment.records.first {
                if case .running = record.lifecycle.phase { _ = try await next.orchestrator.stop(record.id) }
                _ = try await next.phase(of: "a") { $0.isOver }
            }
            #expect(left.running == 0 && ways.made == 0, "moment \(index)")
            #expect(ways.world.withLock { $0.beside }.isEmpty, "moment \(index)")
            #expect(kept.records.isEmpty, "moment \(index)")
        }
    }

    @Test func `a start that was cut off begins again with one way and one server`() async throws {
        let authenticator = ScriptedAuthenticator(beside: backend)
        let journal = CrashJournal(backend, authenticator)
        let hub = try await Hub(backend: backend, journal: journal, authenticator: authenticator)
        _ = try await hub.start("a")
        for moment in journal.moments.prefix(7) {
            let left = ScriptedBackend()
            left.world.withLock { $0.servers = moment.servers }
            let ways = ScriptedAuthenticator(beside: left)
            ways.world.withLock { $0.made = moment.ways.made }
            let kept = MemoryJournal()
            try kept.append(moment.records.map { JournalEntry(session: $0.id, content: .record($0)) })
            let next = try await Hub(backend: left, journal: kept, authenticator: ways, recovering: true)
            #expect(try await next.start("a").name == "running")
            #expect(left.running == 1 && ways.made == 1)
            #expect(ways.world.withLock { $0.prepared } == 1)
        }
    }

    @Test func `a journal from before there were ways is read`() throws {
        let text =
            #"{"phase":{"running":{"_0":{"scheme":"http","host":"h","port":1}}},"#
            + #""handle":{"backend":"scripted","version":1,"payload":"x"}}"#
        let life = try JSONDecoder().decode(SessionLifecycle.self, from: Data(text.utf8))
        #expect(life.phase.name == "running" && life.grant == nil)
        let written = try JSONDecoder().decode(SessionLifecycle.self, from: JSONEncoder().encode(life))
        #expect(written == life)
    }

    @Test func `a grant that an earlier journal has is read`() throws {
        let text = #"{"authenticator":"ssh","version":1,"payload":"{}"}"#
        let grant = try JSONDecoder().decode(Grant.self, from: Data(text.utf8))
        #expect(grant == Grant(kind: "ssh", version: 1, payload: "{}"))
        #expect(try JSONDecoder().decode(Grant.self, from: JSONEncoder().encode(grant)) == grant)
    }

    @Test func `an authenticator that this build does not have is told by name`() async throws {
        let hub = try await Hub(backend: backend, access: SessionPlan.Access(kind: "iris scan"))
        guard case .failed(let failure) = try await hub.start("a") else { return #expect(Bool(false)) }
        #expect(failure.code == "unsupported" && failure.message.contains("'iris scan'"))
    }
}

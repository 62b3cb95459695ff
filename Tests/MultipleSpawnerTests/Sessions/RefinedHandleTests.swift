import FoundationEssentials
import MultipleSpawner
import Synchronization
import Testing

/// A handle that only adds to the last one costs no write of its own.
@Suite struct RefinedHandleTests {
    private let backend = ScriptedBackend()
    private let journal = MemoryJournal()

    init() {
        backend.world.withLock { $0.refinement = ", process 4711" }
    }

    private var kept: String? { journal.records.first?.lifecycle.handle?.payload }

    @Test func `it is written with the answer of its server, and the server is ended by it`() async throws {
        let hub = try await Hub(backend: backend, journal: journal)
        _ = try await hub.start("a")
        #expect(kept == "a#1, process 4711")
        #expect(journal.writes == 3, "the opening, the first handle, the answer")
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(backend.running == 0)
    }

    @Test(.timeLimit(.minutes(1))) func `it is written before a server is waited for`() async throws {
        backend.world.withLock { $0.silences = .max }
        let hub = try await Hub(backend: backend, journal: journal)
        _ = try await hub.orchestrator.submit(Hub.request("a"))
        for await _ in journal.written where kept == "a#1, process 4711" { break }
        #expect(journal.records.first?.lifecycle.phase.name == "starting")
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(backend.running == 0)
    }

    @Test func `an answer that cannot be written takes it back, and one that can has it`() async throws {
        let ledger = Ledger(journal: journal, feed: EventFeed())
        let id = try SessionID("a")
        let plan = SessionPlan(
            id: id, identity: try SessionIdentity(hub: "hub", user: "alice"), template: "test",
            backend: ScriptedBackend.kind)
        let first = Handle(backend: ScriptedBackend.kind, version: 1, payload: "here")
        let refined = Handle(backend: ScriptedBackend.kind, version: 1, payload: "here, process 4711")
        _ = try await ledger.open(SessionRecord(plan, created: Date()))
        try await ledger.record(.began(.start), for: id)
        try await ledger.record(.checkpointed(first), for: id)
        let answer = SessionEvent.answered(Endpoint(host: "127.0.0.1", port: 1))
        journal.breakDown()
        await #expect(throws: SpawnError.self) { try await ledger.record(answer, for: id, holding: refined) }
        #expect(await ledger[id]?.lifecycle.handle == first)
        journal.mend()
        try await ledger.record(answer, for: id, holding: refined)
        #expect(kept == "here, process 4711")
        #expect(await ledger.session(holding: refined) == id)
    }
}

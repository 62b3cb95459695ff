import FoundationEssentials
import MultipleSpawner
import Testing

/// Hours that were used count after the session is forgotten, and after the engine was restarted.
@Suite(.timeLimit(.minutes(1))) struct HourQuotaTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func quotas(_ hours: Double, together: Double? = nil) -> QuotaRules {
        QuotaRules(
            everybody: QuotaLimits([.hours: hours]),
            groups: together.map { ["lab": QuotaRules.Group(together: QuotaLimits([.hours: $0]))] } ?? [:])
    }

    private func record(_ id: String, user: String = "alice", groups: Set<String> = []) throws -> SessionRecord {
        SessionRecord(
            SessionPlan(
                id: try SessionID(id), identity: try SessionIdentity(hub: "hub", user: user, server: id),
                template: "t", resources: ResourceSpecification(memory: 2 << 30, cpu: 4, gpu: 1), costPerHour: 0.5,
                backend: "scripted"),
            groups: groups, created: now)
    }

    /// A session that ran from so many hours ago on, for so long.
    private func run(_ ledger: Ledger, _ record: SessionRecord, from ago: Double, for hours: Double) async throws {
        let began = now.addingTimeInterval(-ago * 3600)
        guard case .opened = try await ledger.open(record, at: began) else { throw SpawnError(.internal, "not opened") }
        try await start(ledger, record.id, at: began)
        let ended = began.addingTimeInterval(hours * 3600)
        try await ledger.record(.stopping(.asked), for: record.id, at: ended)
        // Undoing takes a while, which is nobody's hours.
        try await ledger.record(.undone, for: record.id, at: ended.addingTimeInterval(7200))
    }

    private func start(_ ledger: Ledger, _ id: SessionID, at began: Date) async throws {
        try await ledger.record(.began(.start), for: id, at: began)
        try await ledger.record(.checkpointed(Handle(backend: "scripted", version: 1, payload: id.rawValue)), for: id)
        try await ledger.record(.answered(Endpoint(host: "h", port: 1)), for: id, at: began)
    }

    private func left(_ ledger: Ledger, user: String = "alice", groups: Set<String> = []) async throws -> [Double] {
        await ledger.standings(of: try SessionIdentity(hub: "hub", user: user), groups: groups, at: now).map(\.left)
    }

    @Test func `hours of the last thirty days count, and what is older does not`() async throws {
        let ledger = Ledger(journal: MemoryJournal(), feed: EventFeed(), quotas: quotas(10))
        try await run(ledger, record("old"), from: 24 * 30 + 5, for: 4)
        #expect(try await left(ledger) == [10])
        try await run(ledger, record("half"), from: 24 * 30 + 1, for: 3)
        #expect(try await left(ledger) == [8])
        try await run(ledger, record("new"), from: 30, for: 5)
        #expect(try await left(ledger) == [3])
        #expect(try await left(ledger, user: "bob") == [10])
    }

    @Test func `hours that are used up are refused, with the time at which some are left again`() async throws {
        let ledger = Ledger(journal: MemoryJournal(), feed: EventFeed(), quotas: quotas(10))
        try await run(ledger, record("a"), from: 100, for: 10.5)
        let next = try record("b")
        let error = await #expect(throws: SpawnError.self) { try await ledger.open(next, at: now) }
        #expect(error?.code == .overCapacity)
        // Half an hour more than may be has to leave the window, which begins thirty days before.
        let frees = now.addingTimeInterval((24 * 30 - 100 + 0.5) * 3600)
        let text = "the quota of 10 hours in 30 days for each user is used up: 10.5 were used; hours are left again at "
        #expect(error?.message.hasPrefix(text) == true, "\(String(describing: error))")
        let told = try Date.ISO8601FormatStyle().parse(String(try #require(error).message.dropFirst(text.count)))
        #expect(abs(told.timeIntervalSince(frees)) < 60)
        guard case .opened = try await ledger.open(next, at: told.addingTimeInterval(60)) else {
            Issue.record("it was not opened when hours were left")
            return
        }
    }

    @Test func `a restarted engine knows what was used, and a session that never answered used nothing`() async throws {
        let journal = MemoryJournal()
        let first = Ledger(journal: journal, feed: EventFeed(), quotas: quotas(10, together: 12))
        try await run(first, record("a", groups: ["lab"]), from: 50, for: 4)
        try await run(first, record("b", user: "bob", groups: ["lab"]), from: 40, for: 5)
        let failed = try record("c")
        _ = try await first.open(failed, at: now)
        try await first.record(.stopping(.interrupted), for: failed.id, at: now)
        try await first.record(.undone, for: failed.id, at: now)
        let running = try record("d", user: "bob")
        _ = try await first.open(running, at: now)
        try await start(first, running.id, at: now.addingTimeInterval(-3600))
        let second = Ledger(journal: journal, feed: EventFeed(), quotas: quotas(10, together: 12))
        #expect(try await second.restore(at: now).count == 1)
        #expect(try await left(second, groups: ["lab"]) == [6, 3])
        #expect(try await left(second, user: "bob") == [4])
    }

    @Test func `hours that could not be written down are not used`() async throws {
        let journal = MemoryJournal()
        let ledger = Ledger(journal: journal, feed: EventFeed(), quotas: quotas(10))
        let session = try record("a")
        _ = try await ledger.open(session, at: now)
        try await start(ledger, session.id, at: now.addingTimeInterval(-7200))
        try await ledger.record(.stopping(.asked), for: session.id, at: now.addingTimeInterval(-3600))
        journal.breakDown()
        await #expect(throws: SpawnError.self) { try await ledger.record(.undone, for: session.id, at: now) }
        #expect(try await left(ledger) == [9])
        journal.mend()
        try await ledger.record(.undone, for: session.id, at: now)
        #expect(try await left(ledger) == [9])
    }

    @Test func `servers whose hours are used up are ended, and their users told before`() async throws {
        let hub = try await Hub(quotas: quotas(1))
        _ = try await hub.start("a")
        _ = try await hub.start("b", server: "other")
        _ = try await hub.start("c", user: "bob")
        _ = try await hub.orchestrator.stop(try SessionID("c"))
        let began = Date()
        // Two servers use two hours in one.
        await hub.orchestrator.enforceQuotas(at: began.addingTimeInterval(1000))
        #expect(hub.backend.running == 2)
        let reader = await hub.ledger.subscribe(EventFeed.Filter(session: try SessionID("a")), after: nil)
        await hub.orchestrator.enforceQuotas(at: began.addingTimeInterval(1500))
        await hub.orchestrator.enforceQuotas(at: began.addingTimeInterval(1501))
        var told: [String] = []
        for await event in reader.events {
            if case .progress(let progress) = event.content { told.append(progress.message) }
            if !told.isEmpty { break }
        }
        #expect(told == ["The server ends in 5 minutes: the hours of the quota are used up then"])
        #expect(hub.backend.running == 2)
        await hub.orchestrator.enforceQuotas(at: began.addingTimeInterval(1900))
        for id in ["a", "b"] {
            #expect(try await hub.phase(of: id) { $0.isOver } == .stopped(.lifetimeOver))
        }
    }
}

import FoundationEssentials
import MultipleSpawner
import Testing

@Suite struct UsageReportTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func usage(
        _ id: String, user: String = "alice", groups: Set<String> = [], from ago: Double, for hours: Double,
        cost: Double? = nil, hub: String = "hub"
    ) throws -> UsageRecord {
        UsageRecord(
            session: try SessionID(id), identity: try SessionIdentity(hub: hub, user: user), groups: groups,
            template: "t", provider: "p", resources: ResourceSpecification(memory: 3 << 29, cpu: 0.5, gpu: 2),
            started: Self.now.addingTimeInterval(-ago * 3600),
            ended: Self.now.addingTimeInterval((hours - ago) * 3600), costPerHour: cost)
    }

    private func report(_ filter: UsageReport.Filter = UsageReport.Filter()) -> UsageReport {
        UsageReport(since: Self.now.addingTimeInterval(-36_000), until: Self.now, filter: filter)
    }

    @Test func `hours, and what they were hours of, add up by user and by group`() throws {
        var report = report()
        report.add(try usage("a", groups: ["lab", "x"], from: 8, for: 4, cost: 0.25))
        report.add(try usage("b", groups: ["lab"], from: 2, for: 2))
        report.add(try usage("c", user: "bob", groups: ["lab"], from: 1, for: 1, cost: 2))
        let alice = try #require(report.users.first { $0.key.name == "alice" }?.value)
        #expect(alice.sessions == 2 && alice.hours == 6 && alice.coreHours == 3)
        #expect(alice.memoryHours == 9 && alice.gpuHours == 12 && alice.cost == 1)
        #expect(report.users.count == 2 && report.total.hours == 7 && report.total.cost == 3)
        #expect(report.groups.map { "\($0.key.name) \($0.value.sessions)" }.sorted() == ["lab 3", "x 1"])
    }

    @Test func `what lies outside of the span does not count`() throws {
        var report = report()
        report.add(try usage("before", from: 40, for: 20))
        report.add(try usage("across", from: 12, for: 4))
        report.add(try usage("after", from: -1, for: 5))
        report.add(try usage("beyond", from: 1, for: 5))
        #expect(report.total.sessions == 2 && report.total.hours == 3)
        #expect(report.total.cost == nil)
    }

    @Test func `a filter shows one user, one group, one hub`() throws {
        let all = [
            try usage("a", groups: ["lab", "x"], from: 3, for: 1), try usage("b", user: "bob", from: 3, for: 1),
            try usage("c", from: 3, for: 1, hub: "other"),
        ]
        func sessions(_ filter: UsageReport.Filter) -> Int {
            var report = report(filter)
            for usage in all { report.add(usage) }
            return report.total.sessions
        }
        #expect(sessions(UsageReport.Filter(user: "alice")) == 2)
        #expect(sessions(UsageReport.Filter(hub: "hub", user: "alice")) == 1)
        #expect(sessions(UsageReport.Filter(group: "lab")) == 1)
        #expect(sessions(UsageReport.Filter(user: "nobody")) == 0)
    }

    @Test func `a session that runs counts until now, and one that is over counts once`() async throws {
        let hub = try await Hub(cost: 3)
        _ = try await hub.start("a")
        _ = try await hub.start("b", user: "bob")
        _ = try await hub.orchestrator.stop(try SessionID("b"))
        let now = Date().addingTimeInterval(3600)
        let report = try await hub.orchestrator.usage.report(since: now.addingTimeInterval(-7200), until: now, at: now)
        #expect(report.total.sessions == 2)
        let alice = try #require(report.users.first { $0.key.name == "alice" }?.value)
        let cost = try #require(alice.cost)
        #expect(abs(alice.hours - 1) < 0.02 && abs(cost - 3) < 0.06)
        let bob = try #require(report.users.first { $0.key.name == "bob" }?.value)
        #expect(bob.sessions == 1 && bob.hours < 0.02)
        try await hub.orchestrator.usage.forget(before: now)
        let later = try await hub.orchestrator.usage.report(since: now.addingTimeInterval(-7200), until: now, at: now)
        #expect(later.users.map(\.key.name) == ["alice"])
    }
}

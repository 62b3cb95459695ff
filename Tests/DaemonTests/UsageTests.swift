import FoundationEssentials
import MultipleSpawner
import Testing

@testable import Daemon

@Suite struct UsageTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/journal.sqlite" }

    init() throws { directory = try TemporaryDirectory() }

    private func usage(
        _ id: String, user: String = "alice", groups: Set<String> = [], ended ago: Double, cost: Double? = nil
    ) throws -> UsageRecord {
        let ended = Self.now.addingTimeInterval(-ago)
        return UsageRecord(
            session: try SessionID(id), identity: try SessionIdentity(hub: "hub", user: user, server: "lab"),
            groups: groups, template: "t", provider: "p",
            resources: ResourceSpecification(memory: 5 << 30, cpu: 1.5, gpu: 2), started: ended.addingTimeInterval(-60),
            ended: ended, costPerHour: cost)
    }

    private func finish(_ usage: UsageRecord, in journal: SQLiteJournal) throws {
        try journal.append([JournalEntry(session: usage.session, content: .forgotten, usage: usage)])
    }

    private func all(_ journal: SQLiteJournal, since: Date = .distantPast) throws -> [UsageRecord] {
        var all: [UsageRecord] = []
        try journal.readUsage(since: since) { all.append($0) }
        return all
    }

    @Test func `what a session used is read again by the next journal, names and groups as they are`() throws {
        let hostile = #"'; DROP TABLE usage; -- "\#u{202e}<b> 🦊"#
        let late = try usage("b", user: hostile, groups: [hostile, "lab"], ended: 10, cost: 0.25)
        let early = try usage("a", ended: 20)
        let journal = try SQLiteJournal(path: path)
        try finish(late, in: journal)
        try finish(early, in: journal)
        #expect(try all(SQLiteJournal(path: path)) == [early, late])
        #expect(try all(journal, since: Self.now.addingTimeInterval(-15)) == [late])
    }

    @Test func `a session is written once, whatever is written twice`() throws {
        let journal = try SQLiteJournal(path: path)
        try finish(usage("a", ended: 10), in: journal)
        try finish(usage("a", ended: 10), in: journal)
        #expect(try all(journal).count == 1)
    }

    @Test func `what is old is forgotten`() throws {
        let journal = try SQLiteJournal(path: path)
        let young = try usage("b", ended: 100)
        try finish(usage("a", ended: 200), in: journal)
        try finish(young, in: journal)
        try journal.forgetUsage(before: Self.now.addingTimeInterval(-150))
        #expect(try all(journal) == [young])
    }

    @Test func `usage is read beside what is being written`() throws {
        let journal = try SQLiteJournal(path: path)
        for number in 0..<50 { try finish(usage("s\(number)", ended: Double(number)), in: journal) }
        var seen = 0
        try journal.readUsage(since: .distantPast) { usage in
            seen += 1
            try finish(self.usage("n\(seen)", ended: 1), in: journal)
        }
        #expect(seen == 50)
        #expect(try all(journal).count == 100)
    }

    @Test(
        arguments: [
            ("2026-11-01", 1_793_491_200.0), ("2026-11-01T12:00:00Z", 1_793_534_400), ("7d", 1_800_000_000 - 604_800),
            ("12h", 1_800_000_000 - 43_200), ("0d", 1_800_000_000),
        ] as [(String, Double)])
    func `a moment is read as people write it`(text: String, seconds: Double) throws {
        let date = try UsageMoment.date(text, calling: "since", at: Self.now)
        #expect(date.timeIntervalSince1970 == seconds)
    }

    @Test(arguments: [
        "", "d", "-1d", "7w", "yesterday", "2026-13-01", "9999999d", "2026-11-01T12:00", "0001-01-01", "∞h",
    ])
    func `another text is an error that says how`(text: String) {
        let error = #expect(throws: SpawnError.self) {
            try UsageMoment.date(text, calling: "since", at: Self.now)
        }
        #expect(error?.code == .invalidRequest && error?.message.contains("'since'") == true)
    }
}

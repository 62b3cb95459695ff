import FoundationEssentials
import Glibc
import MultipleSpawner
import Testing

@testable import Daemon

@Suite struct SQLiteJournalTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/journal.sqlite"
    }

    private func record(_ id: String, user: String = "alice") throws -> SessionRecord {
        let plan = SessionPlan(
            id: try SessionID(id), identity: try SessionIdentity(hub: "hub", user: user), template: "t", backend: "mock"
        )
        return SessionRecord(plan, created: Date(timeIntervalSince1970: 1_700_000_000))
    }

    @Test func `what was appended is replayed by the next journal, the last record of each session, in order`() throws {
        let first = try SQLiteJournal(path: path)
        var early = try record("b")
        try first.append([JournalEntry(session: early.id, content: .record(early))])
        let late = try record("a", user: "bob")
        try first.append([JournalEntry(session: late.id, content: .record(late))])
        try early.lifecycle.apply(.began(.start))
        try early.lifecycle.apply(.checkpointed(Handle(backend: "mock", version: 3, payload: #"{"pid":1}"#)))
        try first.append([JournalEntry(session: early.id, content: .record(early))])
        let replayed = try SQLiteJournal(path: path).replay()
        let records = replayed.compactMap { entry -> SessionRecord? in
            guard case .record(let record) = entry.content else { return nil }
            return record
        }
        #expect(records == [early, late])
    }

    @Test func `a forgotten session is gone`() throws {
        let journal = try SQLiteJournal(path: path)
        let record = try record("a")
        try journal.append([JournalEntry(session: record.id, content: .record(record))])
        try journal.append([JournalEntry(session: record.id, content: .forgotten)])
        #expect(try journal.replay().isEmpty)
    }

    @Test func `a hostile name is stored as it is`() throws {
        let journal = try SQLiteJournal(path: path)
        let name = #"'; DROP TABLE session; -- "$(id)" \u202e <b> 🦊"#
        let record = try record("a", user: name)
        try journal.append([JournalEntry(session: record.id, content: .record(record))])
        guard case .record(let replayed)? = try journal.replay().first?.content else {
            Issue.record("nothing was replayed")
            return
        }
        #expect(replayed.identity.user == name)
    }

    @Test func `a file that is no journal is an error that names it`() throws {
        let file = try directory.file("broken.sqlite", String(repeating: "not a database ", count: 100))
        let error = try #require(throws: SpawnError.self) { _ = try SQLiteJournal(path: file) }
        #expect(error.message.contains(file))
    }

    @Test func `durability is full, in a write-ahead log`() throws {
        let journal = try SQLiteJournal(path: path)
        #expect(try journal.pragma("synchronous") == "2")
        #expect(try journal.pragma("journal_mode") == "wal")
    }
}

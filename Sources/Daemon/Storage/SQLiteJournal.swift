import FoundationEssentials
import GRDB
import Glibc
import MultipleSpawner

/// The journal on SQLite: one row a session, its last record, durable when `append` returns; and the same for machines.
///
/// WAL with `synchronous=FULL`: a commit is on disk before the next step is taken, also through a loss of power.
struct SQLiteJournal: Journal {
    let database: DatabaseQueue

    /// - Parameter path: the database file; made with mode 0600 where it is missing.
    init(path: String) throws(SpawnError) {
        // SQLite gives its other files the mode of this one.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 { close(descriptor) }
        do {
            var configuration = Configuration()
            configuration.label = "journal"
            configuration.journalMode = .wal
            database = try DatabaseQueue(path: path, configuration: configuration)
            // Last, because GRDB lowers it to NORMAL when it turns the write-ahead log on.
            try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Self.migrator.migrate(database)
        } catch {
            throw SpawnError(
                .unavailable,
                "the journal '\(path)' cannot be opened; repair it, or move it away to start with an empty one",
                cause: error)
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE session (
                        opened INTEGER PRIMARY KEY,
                        id TEXT NOT NULL UNIQUE,
                        record TEXT NOT NULL
                    ) STRICT
                    """)
        }
        migrator.registerMigration("2") { database in
            try database.execute(
                sql: """
                    CREATE TABLE machine (token TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
                    CREATE TABLE drained (provider TEXT NOT NULL, host TEXT NOT NULL, PRIMARY KEY (provider, host)) STRICT;
                    CREATE TABLE preparation (machine TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
                    """)
        }
        migrator.registerMigration("3") { try $0.execute(sql: Self.usageTable) }
        return migrator
    }

    func append(_ entries: [JournalEntry]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        try database.write { database in
            for entry in entries {
                if let usage = entry.usage { try Self.put(usage, database) }
                switch entry.content {
                case .record(let record):
                    let text = String(decoding: try encoder.encode(record), as: UTF8.self)
                    let statement = try database.cachedStatement(
                        sql: """
                            INSERT INTO session (id, record) VALUES (?, ?)
                            ON CONFLICT (id) DO UPDATE SET record = excluded.record
                            """)
                    try statement.execute(arguments: [record.id.rawValue, text])
                case .forgotten:
                    let statement = try database.cachedStatement(sql: "DELETE FROM session WHERE id = ?")
                    try statement.execute(arguments: [entry.session.rawValue])
                }
            }
        }
    }

    /// What the database says of one of its settings.
    func pragma(_ name: String) throws -> String? {
        try database.read { try String.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    func replay() throws -> [JournalEntry] {
        let decoder = JSONDecoder()
        return try database.read { database in
            let rows = try Row.fetchCursor(database, sql: "SELECT id, record FROM session ORDER BY opened")
            var entries: [JournalEntry] = []
            while let row = try rows.next() {
                let text: String = row[1]
                do {
                    let record = try decoder.decode(SessionRecord.self, from: Data(text.utf8))
                    entries.append(JournalEntry(session: record.id, content: .record(record)))
                } catch {
                    let id: String = row[0]
                    throw SpawnError(
                        .internal,
                        "the journal's record of session \(id) cannot be read; it was written by another version",
                        cause: error)
                }
            }
            return entries
        }
    }
}

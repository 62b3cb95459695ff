import FoundationEssentials
import GRDB
import MultipleSpawner

extension SQLiteJournal {
    /// The table of what sessions used, in columns that other programs may read: times in seconds since 1970, memory in
    /// bytes.
    static let usageTable = """
        CREATE TABLE usage (
            session TEXT NOT NULL, hub TEXT NOT NULL, user TEXT NOT NULL, server TEXT NOT NULL, groups TEXT,
            template TEXT NOT NULL, provider TEXT NOT NULL, memory INTEGER NOT NULL, cpu REAL NOT NULL,
            gpu INTEGER NOT NULL, started REAL NOT NULL, ended REAL NOT NULL, cost_per_hour REAL,
            PRIMARY KEY (session, started)
        ) STRICT;
        CREATE INDEX usage_by_end ON usage (ended);
        """

    static func put(_ usage: UsageRecord, _ database: Database) throws {
        let groups = usage.groups.isEmpty ? nil : JSONValue.array(usage.groups.sorted().map { .string($0) }).text
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            usage.session.rawValue, usage.identity.hub, usage.identity.user, usage.identity.server, groups,
            usage.template, usage.provider, usage.resources.memory, usage.resources.cpu, usage.resources.gpu,
            usage.started.timeIntervalSince1970, usage.ended.timeIntervalSince1970, usage.costPerHour,
        ])
    }

    func readUsage(since: Date, _ body: (UsageRecord) throws -> Void) throws {
        // A connection of its own: what is written meanwhile does not wait for it.
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "usage"
        let reader = try DatabaseQueue(path: database.path, configuration: configuration)
        try reader.read { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT * FROM usage WHERE ended > ? ORDER BY ended",
                arguments: [since.timeIntervalSince1970])
            while let row = try rows.next() { try body(try Self.usage(row)) }
        }
    }

    func forgetUsage(before: Date) throws {
        try database.write { database in
            try database.execute(
                sql: "DELETE FROM usage WHERE ended < ?", arguments: [before.timeIntervalSince1970])
        }
    }

    private static func usage(_ row: Row) throws -> UsageRecord {
        let (session, hub, user, server): (String, String, String, String) = (row[0], row[1], row[2], row[3])
        let groups: String? = row[4]
        let members = groups.flatMap { JSONSource(file: "groups", text: $0).root?.jsonValue.arrayValue } ?? []
        return UsageRecord(
            session: try SessionID(session), identity: try SessionIdentity(hub: hub, user: user, server: server),
            groups: Set(members.compactMap(\.stringValue)), template: row[5], provider: row[6],
            resources: ResourceSpecification(memory: row[7], cpu: row[8], gpu: row[9]),
            started: Date(timeIntervalSince1970: row[10]), ended: Date(timeIntervalSince1970: row[11]),
            costPerHour: row[12])
    }
}

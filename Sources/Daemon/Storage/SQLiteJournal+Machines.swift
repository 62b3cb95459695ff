import FoundationEssentials
import GRDB
import MultipleSpawner

extension SQLiteJournal {
    func append(_ entry: MachineEntry) throws {
        try database.write { database in
            switch entry {
            case .machine(let record):
                try Self.put(record, as: record.token.rawValue, in: "machine", by: "token", database)
            case .gone(let token):
                try database.execute(sql: "DELETE FROM machine WHERE token = ?", arguments: [token.rawValue])
            case .drained(let host, let isDrained):
                try database.execute(
                    sql: isDrained
                        ? "INSERT OR IGNORE INTO drained (provider, host) VALUES (?, ?)"
                        : "DELETE FROM drained WHERE provider = ? AND host = ?",
                    arguments: [host.provider, host.host])
            case .prepared(let machine) where machine.digests.isEmpty:
                try database.execute(
                    sql: "DELETE FROM preparation WHERE machine = ?", arguments: [Self.key(of: machine.address)])
            case .prepared(let machine):
                try Self.put(machine, as: Self.key(of: machine.address), in: "preparation", by: "machine", database)
            }
        }
    }

    func replayMachines() throws -> [MachineEntry] {
        try database.read { database in
            let machines: [MachineRecord] = try Self.all("machine", by: "token", database)
            let prepared: [PreparedMachine] = try Self.all("preparation", by: "machine", database)
            let drained = try Row.fetchAll(database, sql: "SELECT provider, host FROM drained")
                .map { DrainedHost(provider: $0[0], host: $0[1]) }
            return machines.map { .machine($0) } + prepared.map { .prepared($0) } + drained.map { .drained($0, true) }
        }
    }

    private static func key(of address: MachineAddress) -> String { "\(address.host) \(address.port)" }

    private static func put(
        _ record: some Encodable, as key: String, in table: String, by column: String, _ database: Database
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let text = String(decoding: try encoder.encode(record), as: UTF8.self)
        try database.execute(
            sql: """
                INSERT INTO \(table) (\(column), record) VALUES (?, ?)
                ON CONFLICT (\(column)) DO UPDATE SET record = excluded.record
                """, arguments: [key, text])
    }

    private static func all<Value: Decodable>(
        _ table: String, by column: String, _ database: Database
    ) throws -> [Value] {
        let decoder = JSONDecoder()
        let rows = try Row.fetchAll(database, sql: "SELECT \(column), record FROM \(table)")
        return try rows.map { row in
            let (key, text): (String, String) = (row[0], row[1])
            do {
                return try decoder.decode(Value.self, from: Data(text.utf8))
            } catch {
                throw SpawnError(
                    .internal,
                    "the journal's record of the machine \(key.excerpt) cannot be read; it was written by another version",
                    cause: error)
            }
        }
    }
}

import MultipleSpawner
import Synchronization
import Transport

/// Lets one at a time work at a machine: a machine that is shared is asked for by several sessions at once.
final class MachineTurns: Sendable {
    private struct Entry {
        let turns = Turns(1)
        var users = 0
    }

    private let entries = Mutex<[MachineToken: Entry]>([:])

    /// Does the work when nobody else is at this machine.
    func take<Value: Sendable>(_ token: MachineToken, _ work: () async throws -> Value) async throws -> Value {
        let turns = entries.withLock { entries in
            var entry = entries[token] ?? Entry()
            entry.users += 1
            entries[token] = entry
            return entry.turns
        }
        defer {
            entries.withLock { entries in
                entries[token]?.users -= 1
                if entries[token]?.users == 0 { entries[token] = nil }
            }
        }
        return try await turns.take(work)
    }
}

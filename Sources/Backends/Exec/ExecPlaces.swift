import MultipleSpawner
import Synchronization

/// The programs that an administrator named: by a template, or in a handle of our own journal. No other is ever run.
///
/// A handle may come from a hub's database, and would else be a way to run any program.
final class ExecPlaces: Sendable {
    private let known = Mutex<[ExecPlace: Double?]>([:])

    /// - Parameter timeout: in seconds, as a template has it.
    func add(_ place: ExecPlace, timeout: Double? = nil) {
        known.withLock { known in
            if timeout != nil || known[place] == nil { known[place] = .some(timeout) }
        }
    }

    func contains(_ place: ExecPlace) -> Bool { known.withLock { $0[place] != nil } }

    func timeout(of place: ExecPlace) -> Double? { known.withLock { $0[place] ?? nil } }

    var all: [ExecPlace] { known.withLock { Array($0.keys) } }
}

import MultipleSpawner
import Synchronization

/// What a plug-in checkpointed, in its order, and a journal that can be full.
final class Saved<Contract>: Sendable {
    private let given = Mutex<[Keepsake<Contract>]>([])
    private let refusesAt: Int?
    private let onSave: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - refusesAt: which checkpoint cannot be written down, counted from 1.
    ///   - onSave: is told the number of each, before it is written down.
    init(refusesAt: Int? = nil, onSave: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.refusesAt = refusesAt
        self.onSave = onSave
    }

    var all: [Keepsake<Contract>] { given.withLock { $0 } }

    func save(_ keepsake: Keepsake<Contract>) async throws {
        let number = given.withLock { $0.count + 1 }
        onSave(number)
        if number == refusesAt { throw SpawnError(.internal, "the journal is full") }
        given.withLock { $0.append(keepsake) }
    }
}

import MultipleSpawner
import Synchronization

/// The handles that a start handed over.
final class Checkpoints: Sendable {
    private let saved = Mutex<[Handle]>([])

    var handles: [Handle] { saved.withLock { $0 } }

    var checkpoint: Checkpoint {
        Checkpoint(save: { handle in self.saved.withLock { $0.append(handle) } })
    }
}

import CLibSSH2
import Glibc

/// Wakes a thread that waits in `poll`, from any other.
final class Interruption: Sendable {
    /// Readable from the first call of `wake` on; negative where the system gives none.
    let descriptor = clibssh2_event()

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func wake() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Forgets that it was woken.
    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }
}

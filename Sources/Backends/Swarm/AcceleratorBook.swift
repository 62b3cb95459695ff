import MultipleSpawner
import Synchronization

/// Who holds which accelerator. The truth is in the handles, which the journal has; this is what they add up to.
final class AcceleratorBook: Sendable {
    private let book = Mutex(LeaseBook())

    /// Takes so many devices of each pool for a session.
    ///
    /// - Throws: `over_capacity` that names the pool where nothing is free.
    func take(
        _ needs: [AcceleratorNeed], for session: SessionID
    ) async throws -> [Lease] {
        do {
            return try book.withLock { book in try book.lease(needs, to: session) }
        } catch {
            throw SpawnError(wrapping: error, "an accelerator cannot be taken")
        }
    }

    /// Gives back all that a session holds.
    func release(of session: SessionID) {
        book.withLock { $0.release(session) }
    }

    /// Notes what a session of the journal holds.
    func resume(_ leases: [Lease], of session: SessionID) {
        book.withLock { $0.resume(leases, of: session) }
    }
}

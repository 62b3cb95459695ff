import MultipleSpawner
import Synchronization

/// Who holds which device, for all sessions of this daemon. The truth is in their handles, which the journal has; this
/// is what they add up to.
final class AcceleratorBook: Sendable {
    private let book = Mutex(LeaseBook())
    /// Sessions that had devices and gave them back: what Docker still says of them is old.
    private let over = Mutex<Set<SessionID>>([])

    /// Takes devices for a session: all that it needs, or none.
    ///
    /// - Throws: `over_capacity` that names the pool; `backend_failed` where the file of a pool cannot be read.
    func take(_ needs: [AcceleratorNeed], for session: SessionID) async throws(SpawnError) -> [AcceleratorLease] {
        guard !needs.isEmpty else { return [] }
        var devices: [AcceleratorPool: [String]] = [:]
        for need in needs { devices[need.pool] = try await Self.devices(of: need.pool) }
        let found = devices
        let result = book.withLock { book in
            Result { () throws(SpawnError) in
                try book.lease(needs, for: session) { found[$0] ?? $0.devices }
            }
        }
        return try result.get()
    }

    /// Gives back all that a session has.
    func release(of session: SessionID) {
        let had = book.withLock { $0.release(session) }
        if had { over.withLock { _ = $0.insert(session) } }
    }

    /// Notes what a session of the journal has.
    func resume(_ leases: [AcceleratorLease], of session: SessionID) {
        book.withLock { $0.resume(leases, of: session) }
    }

    /// Notes what a service says that its session has.
    func learn(_ leases: [AcceleratorLease], of session: SessionID) {
        guard over.withLock({ !$0.contains(session) }) else { return }
        resume(leases, of: session)
    }

    private static func devices(of pool: AcceleratorPool) async throws(SpawnError) -> [String] {
        guard let path = pool.devicesFile else { return pool.devices }
        let result = await BlockingWork.run { Result { () throws(SystemError) in try SystemFile.read(path) } }
        do {
            return pool.devices + AcceleratorPool.devices(inFile: String(decoding: try result.get(), as: UTF8.self))
        } catch {
            throw SpawnError(
                .backendFailed,
                "the devices of the accelerator pool '\(pool.name.excerpt)' cannot be read: '\(path.excerpt)': \(error)"
            )
        }
    }
}

import MultipleSpawner
import Synchronization
import Transport

/// libvirt at one address: what is asked of it waits on threads of its own, and never longer than it may.
final class LibvirtHost: Sendable {
    private struct State {
        var connection: LibvirtConnection?
        /// Calls that nobody waits for any more and that have not come back.
        var late = 0
    }

    let uri: String
    private let state = Mutex(State())

    /// A libvirt that answers nothing is asked by no more threads than these.
    private static let mostLate = 4

    init(_ uri: String) {
        self.uri = uri
    }

    /// Asks, and waits for the answer.
    ///
    /// The work may be done a second time, where the connection was found to be cut.
    ///
    /// - Parameters:
    ///   - doing: what is done, for messages: `starting 'hub-alice'`.
    ///   - limit: how long to wait. A call that takes longer may still be heard.
    /// - Throws: `SpawnError`.
    func ask<Value: Sendable>(
        _ doing: String, within limit: Duration = .seconds(60),
        _ work: @escaping @Sendable (LibvirtConnection) throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        let doing = "\(doing) at \(uri.excerpt)"
        guard state.withLock({ $0.late }) < Self.mostLate else {
            throw SpawnError(.unavailable, "\(doing) is not tried: libvirt does not answer; see whether it is well")
        }
        let answer = LibvirtAnswer<Value>()
        let thread = OwnThread("libvirt") { [self] in
            let result = Result { try withConnection(work) }
            if !answer.give(result) { state.withLock { $0.late -= 1 } }
        }
        guard thread != nil else {
            throw SpawnError(.unavailable, "\(doing) is not possible now: the system gives no thread; try again later")
        }
        let timer = Task { [self] in
            try await Task.sleep(for: limit)
            state.withLock { state in
                // Told of first, for the thread may come back at once.
                state.late += 1
                state.connection = nil
            }
            let late = SpawnError(.timedOut, "\(doing) took longer than \(limit); see whether libvirt is well")
            if !answer.give(.failure(late)) { state.withLock { $0.late -= 1 } }
        }
        defer { timer.cancel() }
        do {
            return try await answer.value
        } catch let fault as LibvirtFault {
            throw fault.error(doing)
        }
    }

    private func withConnection<Value>(_ work: (LibvirtConnection) throws -> Value) throws -> Value {
        if let known = state.withLock({ $0.connection }), known.isAlive {
            do {
                return try work(known)
            } catch let fault as LibvirtFault where fault.kind == .lost || !known.isAlive {
                // libvirt was started anew since.
            }
        }
        let connection = try LibvirtConnection(uri)
        state.withLock { $0.connection = connection }
        do {
            return try work(connection)
        } catch var fault as LibvirtFault where !connection.isAlive {
            fault.kind = .lost
            throw fault
        }
    }
}

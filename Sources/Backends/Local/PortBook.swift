import Glibc
import MultipleSpawner
import Synchronization

/// The ports that were given to servers which may not listen yet, so that none is given twice.
final class PortBook: Sendable {
    private let taken = Mutex<[Int: SessionID]>([:])

    /// A port for a session's server at this address: the wanted one, or one that is free.
    func take(_ wanted: Int?, at host: String, for session: SessionID) throws(SpawnError) -> Int {
        guard let address = SocketAddress(host, port: wanted ?? 0) else {
            throw SpawnError(
                .invalidRequest,
                "'\(host.excerpt)' is no IP address that a server can bind to; write one in 'ip', as 127.0.0.1")
        }
        do throws(SystemError) {
            if let wanted, wanted != 0 {
                _ = try address.bindOnce()
                return wanted
            }
            for _ in 0..<64 {
                let port = try address.bindOnce()
                let isOurs = taken.withLock { taken in
                    guard taken[port] == nil else { return false }
                    taken[port] = session
                    return true
                }
                if isOurs { return port }
            }
        } catch {
            guard error.number == EADDRINUSE, let wanted else {
                throw SpawnError(
                    .backendFailed, "no port can be had at '\(host.excerpt)': \(error); check 'ip' in the template")
            }
            throw SpawnError(
                .unavailable, "port \(wanted) at '\(host.excerpt)' is in use; stop what uses it, or set 'port' to 0")
        }
        throw SpawnError(.unavailable, "no free port was found at '\(host.excerpt)'; try again")
    }

    /// The session's server is gone, or listens itself. A port that is another session's by now stays taken.
    func release(_ port: Int, of session: SessionID?) {
        taken.withLock { taken in
            if taken[port] == session { taken[port] = nil }
        }
    }
}

import Glibc
import MultipleSpawner
import Synchronization

/// The ports that were given to servers which may not listen yet, so that none is given twice.
final class PortBook: Sendable {
    private let taken = Mutex<Set<Int>>([])

    /// A port for a server at this address: the wanted one, or one that is free.
    func take(_ wanted: Int?, at host: String) throws(SpawnError) -> Int {
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
                if taken.withLock({ $0.insert(port).inserted }) { return port }
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

    /// The server with that port is gone, or listens itself.
    func release(_ port: Int) {
        taken.withLock { _ = $0.remove(port) }
    }
}

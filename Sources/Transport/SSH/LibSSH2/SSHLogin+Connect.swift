import Glibc
import MultipleSpawner

extension SSHLogin {
    /// A connection to the first address of the name that answers.
    func connect() throws -> OpenSocket {
        let addresses = try addresses()
        var reason = ETIMEDOUT
        for (index, address) in addresses.enumerated() {
            // One silent address must not use up the time of the others.
            let left = ContinuousClock.now.duration(to: patience.deadline)
            let limit = ContinuousClock.now + left / (addresses.count - index)
            let socket = socket(
                address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            guard socket >= 0 else {
                reason = errno
                continue
            }
            let open = OpenSocket(owning: socket)
            reason = try connect(open, to: address, until: limit)
            if reason == 0 { return open }
        }
        if reason == ETIMEDOUT {
            throw SpawnError(
                .timedOut, "\(target.hostAndPort) does not answer; is the machine up, and does a firewall let us in?")
        }
        let words = String(cString: strerror(reason))
        let isOff = [EHOSTUNREACH, EHOSTDOWN, ENETUNREACH].contains(reason)
        let question = isOff ? "is the machine up?" : "is its SSH server running at that port?"
        throw SpawnError(.unavailable, "cannot reach \(target.hostAndPort): \(words); \(question)")
    }

    private func connect(
        _ socket: borrowing OpenSocket, to address: InternetAddress, until limit: ContinuousClock.Instant
    ) throws -> Int32 {
        if address.connect(socket.descriptor) == 0 { return 0 }
        guard errno == EINPROGRESS else { return errno }
        guard try patience.wait(for: socket.descriptor, POLLOUT, until: limit) != 0 else { return ETIMEDOUT }
        return socket.pendingError
    }

    private func addresses() throws -> [InternetAddress] {
        let (addresses, failure) = InternetAddress.resolve(target.host, port: target.port)
        guard !addresses.isEmpty else {
            throw SpawnError(
                .unavailable, "the name '\(target.host.excerpt)' of \(target) has no address: \(failure)")
        }
        return addresses
    }
}

import CLibSSH2
import Glibc

/// The waiting of a login, on a thread of its own: until the socket is ready, the time is over, or nobody wants it.
struct LoginPatience: Sendable {
    enum GivenUp: Error {
        case timedOut
        case cancelled
    }

    let deadline: ContinuousClock.Instant
    /// Wakes the thread when nobody wants the login any more.
    let interruption: Interruption

    /// Repeats what libssh2 could not finish.
    ///
    /// - Returns: its code, which is not LIBSSH2_ERROR_EAGAIN.
    func repeating(_ wire: SSHWire, _ call: () -> Int32) throws(GivenUp) -> Int32 {
        while true {
            let code = call()
            wire.flush()
            guard code == LIBSSH2_ERROR_EAGAIN else { return code }
            try wait(for: wire.descriptor, POLLIN | (wire.backlog > 0 ? POLLOUT : 0), until: deadline)
            wire.noteReadable()
        }
    }

    /// - Returns: what the descriptor is ready for; 0 where `limit` came before the deadline.
    @discardableResult
    func wait(
        for descriptor: Int32, _ events: Int32, until limit: ContinuousClock.Instant
    ) throws(GivenUp) -> Int32 {
        while true {
            let now = ContinuousClock.now
            guard now < deadline else { throw .timedOut }
            guard now < limit else { return 0 }
            var looks = [
                pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0),
                pollfd(fd: interruption.descriptor, events: Int16(truncatingIfNeeded: POLLIN), revents: 0),
            ]
            let wait = now.duration(to: min(limit, deadline)).milliseconds + 1
            let count = poll(&looks, 2, Int32(clamping: wait))
            if looks[1].revents != 0 { throw .cancelled }
            if count > 0, looks[0].revents != 0 { return Int32(looks[0].revents) }
        }
    }
}

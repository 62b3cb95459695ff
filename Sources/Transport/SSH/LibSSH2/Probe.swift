import CLibSSH2

/// Asks for a sign of life: opens a session and closes it again. Any answer will do, a refusal too.
///
/// libssh2's own keepalive is none: it keeps each answer for ever, goes through all of them at each read, and takes one
/// for the answer to the next request for a listener.
final class Probe: SSHSetup {
    let number: UInt64 = 0
    let deadline: ContinuousClock.Instant? = nil
    let mayTakeLong = false

    func advance(_ connection: SSHConnection) -> Bool {
        let session = connection.session
        guard let channel = libssh2_channel_open_ex(session.pointer, "session", 7, 1 << 15, 1 << 15, nil, 0) else {
            let failure = session.failure
            if failure.mustWait { return false }
            connection.check(failure.code)
            return true
        }
        connection.release(channel)
        return true
    }

    func giveUp(_ reason: any Error) {}
}

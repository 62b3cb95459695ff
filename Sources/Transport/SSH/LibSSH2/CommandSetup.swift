import CLibSSH2
import MultipleSpawner

/// Starts a command: opens a session on the server, and asks it to run the line.
final class CommandSetup: SSHSetup {
    private let order: CommandOrder
    private var channel: OpaquePointer?
    private var isGivenUp = false

    init(_ order: CommandOrder) {
        self.order = order
    }

    var number: UInt64 { order.number }
    var deadline: ContinuousClock.Instant? { isGivenUp ? nil : order.deadline }
    let mayTakeLong = false

    func advance(_ connection: SSHConnection) -> Bool {
        let session = connection.session
        guard let channel else {
            guard let opened = libssh2_channel_open_ex(session.pointer, "session", 7, 2 << 20, 1 << 15, nil, 0) else {
                let failure = session.failure
                if failure.mustWait { return false }
                connection.check(failure.code)
                refuse(connection, failure)
                return true
            }
            channel = opened
            return advance(connection)
        }
        guard !isGivenUp else {
            connection.release(channel, isCommand: true)
            return true
        }
        let line = order.command.line
        let code = libssh2_channel_process_startup(
            channel, "exec", 4, line, UInt32(line.utf8.count))
        if code == LIBSSH2_ERROR_EAGAIN { return false }
        guard code == 0 else {
            let failure = session.failure
            connection.check(code)
            order.fail(
                failure.isLoss
                    ? SpawnError(.unavailable, "the connection to \(connection.place) was lost: \(failure)")
                    : SpawnError(
                        .backendFailed, "\(connection.place) runs no commands for this account", cause: failure))
            connection.release(channel, isCommand: true)
            return true
        }
        guard !isGivenUp else {
            connection.release(channel, isCommand: true)
            return true
        }
        connection.add(CommandChannel(order, channel))
        return true
    }

    private func refuse(_ connection: SSHConnection, _ failure: LibSSH2Failure) {
        guard !isGivenUp, !failure.isLoss else {
            connection.commandEnded()
            order.fail(SpawnError(.unavailable, "the connection to \(connection.place) was lost: \(failure)"))
            return
        }
        if connection.postpone(order) { return }
        order.fail(
            SpawnError(
                .unavailable,
                """
                \(connection.place) opens no session for a command; raise MaxSessions in its sshd_config, or look \
                whether the account may run commands
                """, cause: failure))
    }

    func giveUp(_ reason: any Error) {
        isGivenUp = true
        order.fail(reason)
    }
}

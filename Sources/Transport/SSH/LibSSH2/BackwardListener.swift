import CLibSSH2
import Glibc
import MultipleSpawner

/// Asks the other side to listen for us.
final class ListenSetup: SSHSetup {
    private let order: ListenOrder
    private var isGivenUp = false

    init(_ order: ListenOrder) {
        self.order = order
    }

    var number: UInt64 { order.number }
    var deadline: ContinuousClock.Instant? { isGivenUp ? nil : order.deadline }
    let mayTakeLong = false

    func advance(_ connection: SSHConnection) -> Bool {
        let session = connection.session
        var port: Int32 = 0
        let listener = libssh2_channel_forward_listen_ex(
            session.pointer, order.host, Int32(clamping: order.port), &port, 256)
        guard let listener else {
            let failure = session.failure
            if failure.mustWait { return false }
            connection.check(failure.code)
            giveUp(reason(connection, failure))
            return true
        }
        // Where a port was asked for, the server does not repeat it.
        let real = order.port == 0 ? Int(port) : order.port
        connection.add(BackwardListener(order, listener))
        if isGivenUp {
            connection.cancel(order.number)
        } else {
            order.answer.settle(.success(real))
        }
        return true
    }

    private func reason(_ connection: SSHConnection, _ failure: LibSSH2Failure) -> SpawnError {
        let end = TunnelEnd.tcp(host: order.host, port: order.port)
        if failure.isLoss {
            return SpawnError(.unavailable, "the connection to \(connection.place) was lost: \(failure)")
        }
        // The server does not say why. It has no reason but this one where the choice was its own.
        guard order.port != 0 else {
            return SpawnError(
                .forbidden,
                "\(connection.place) forbids listening at \(end); allow it in its sshd_config (AllowTcpForwarding)",
                cause: failure)
        }
        return SpawnError(
            .conflict,
            """
            \(connection.place) cannot listen at \(end); the port may be taken, or its sshd_config forbids it \
            (AllowTcpForwarding, PermitListen)
            """, cause: failure)
    }

    func giveUp(_ reason: any Error) {
        isGivenUp = true
        order.answer.fail(reason)
    }
}

/// Where the other side listens for us. Each connection there becomes one to a place here.
final class BackwardListener: SSHChannel {
    private let order: ListenOrder
    private let listener: OpaquePointer

    init(_ order: ListenOrder, _ listener: OpaquePointer) {
        self.order = order
        self.listener = listener
    }

    var number: UInt64 { order.number }
    var interest: (descriptor: Int32, events: Int32)? { nil }
    func note(_ events: Int32) {}
    let deadline: ContinuousClock.Instant? = nil

    func advance(_ connection: SSHConnection) -> Bool {
        while let channel = libssh2_channel_forward_accept(listener) {
            if let (socket, isConnected) = connect() {
                // Its number is the listener's: what came over it ends with it.
                connection.add(
                    TunnelChannel(order.number, channel, OpenSocket(owning: socket), isConnected: isConnected))
            } else {
                connection.release(channel)
            }
        }
        connection.check(libssh2_session_last_errno(connection.session.pointer))
        return false
    }

    private func connect() -> (Int32, Bool)? {
        for place in order.places {
            let socket = socket(
                place.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            guard socket >= 0 else { continue }
            if place.connect(socket) == 0 { return (socket, true) }
            if errno == EINPROGRESS { return (socket, false) }
            close(socket)
        }
        return nil
    }

    func end(_ connection: SSHConnection, _ reason: any Error) {
        guard !connection.hasEnded else { return }
        connection.add(UnlistenSetup(listener))
    }
}

/// Asks the other side to listen no more.
final class UnlistenSetup: SSHSetup {
    private let listener: OpaquePointer

    init(_ listener: OpaquePointer) {
        self.listener = listener
    }

    let number: UInt64 = 0
    let deadline: ContinuousClock.Instant? = nil
    let mayTakeLong = false

    func advance(_ connection: SSHConnection) -> Bool {
        libssh2_channel_forward_cancel(listener) != LIBSSH2_ERROR_EAGAIN
    }

    func giveUp(_ reason: any Error) {}
}

import CLibSSH2
import Glibc
import MultipleSpawner

/// Asks the other side to connect to a place there, for one connection of ours.
final class CarrySetup: SSHSetup {
    private let order: CarryOrder
    private let type: String
    private let message: [UInt8]
    private var isGivenUp = false

    init(_ order: CarryOrder) {
        self.order = order
        var writer = SSHWriter()
        switch order.end {
        case .tcp(let host, let port):
            type = "direct-tcpip"
            writer.text(host)
            writer.number(UInt32(clamping: port))
            writer.text("127.0.0.1")
            writer.number(0)
        case .unixSocket(let path):
            type = "direct-streamlocal@openssh.com"
            writer.text(path)
            writer.text("")
            writer.number(0)
        }
        message = writer.bytes
    }

    var number: UInt64 { order.number }
    var deadline: ContinuousClock.Instant? { isGivenUp ? nil : order.deadline }
    let mayTakeLong = true

    func advance(_ connection: SSHConnection) -> Bool {
        let session = connection.session
        let channel = message.withUnsafeBytes { bytes in
            libssh2_channel_open_ex(
                session.pointer, type, UInt32(type.utf8.count), 2 << 20, 1 << 15,
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(bytes.count))
        }
        guard let channel else {
            let failure = session.failure
            if failure.mustWait { return false }
            connection.check(failure.code)
            giveUp(reason(connection, failure))
            return true
        }
        guard !isGivenUp else {
            connection.release(channel)
            return true
        }
        let tunnel = TunnelChannel(order.number, channel, OpenSocket(owning: order.descriptor), isConnected: true)
        connection.add(tunnel)
        order.answer.settle(.success(()))
        return true
    }

    private func reason(_ connection: SSHConnection, _ failure: LibSSH2Failure) -> SpawnError {
        if failure.isLoss {
            return SpawnError(.unavailable, "the connection to \(connection.place) was lost: \(failure)")
        }
        if failure.isProhibited {
            return SpawnError(
                .forbidden,
                """
                \(connection.place) forbids connections to \(order.end); allow them in its sshd_config \
                (AllowTcpForwarding, AllowStreamLocalForwarding, PermitOpen)
                """, cause: failure)
        }
        return SpawnError(
            .backendFailed, "nothing answers at \(order.end) as seen from \(connection.place)", cause: failure)
    }

    func giveUp(_ reason: any Error) {
        guard !isGivenUp else { return }
        isGivenUp = true
        close(order.descriptor)
        order.answer.fail(reason)
    }
}

import CLibSSH2
import Glibc

/// A connection of ours that is carried over a channel, both ways, each with its own end.
///
/// Neither way holds more than one piece: where its goal takes nothing, its source is not read.
final class TunnelChannel: PumpedChannel {
    let number: UInt64
    let pointer: OpaquePointer
    private let socket: OpenSocket
    /// The socket's own connection may still be under way.
    private var isConnected: Bool
    private var isReadable = false
    private var isWritable = true
    private var outward: [UInt8] = []
    private var outwardSent = 0
    private var inward: [UInt8] = []
    private var inwardSent = 0
    private var isOurEnd = false
    private var isOurEndSent = false
    private var isTheirEnd = false
    private var isTheirEndSent = false
    private var isBroken = false

    /// What one tunnel may move each way before the others have their turn.
    private static let bytesPerTurn = 256 * 1024

    init(_ number: UInt64, _ pointer: OpaquePointer, _ socket: consuming OpenSocket, isConnected: Bool) {
        self.number = number
        self.pointer = pointer
        self.socket = socket
        self.isConnected = isConnected
        isReadable = isConnected
        isWritable = isConnected
    }

    let deadline: ContinuousClock.Instant? = nil

    var interest: (descriptor: Int32, events: Int32)? {
        guard !isBroken else { return nil }
        var events: Int32 = 0
        if isConnected, !isOurEnd, !isReadable { events |= POLLIN }
        if !isWritable { events |= POLLOUT }
        return events == 0 ? nil : (socket.descriptor, events)
    }

    func note(_ events: Int32) {
        if events & (POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0 { isReadable = true }
        if events & (POLLOUT | POLLHUP | POLLERR | POLLNVAL) != 0 { isWritable = true }
    }

    func advance(_ connection: SSHConnection) -> Bool {
        if !isConnected {
            guard isWritable else { return false }
            guard socket.pendingError == 0 else { return close(connection) }
            isConnected = true
            isReadable = true
        }
        moveInward(connection)
        moveOutward(connection)
        if isBroken { return close(connection) }
        // They have closed it wholly: nobody takes what we still have.
        if isTheirEnd, isTheirEndSent, libssh2_channel_wait_closed(pointer) == 0 { return close(connection) }
        return isOurEndSent && isTheirEndSent && close(connection)
    }

    private func close(_ connection: SSHConnection) -> Bool {
        connection.release(pointer)
        return true
    }

    /// From the other machine to our socket.
    private func moveInward(_ connection: SSHConnection) {
        var left = Self.bytesPerTurn
        while left > 0, !isBroken {
            if inwardSent < inward.count {
                guard isWritable else { return }
                inwardSent += inward.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[inwardSent...])) }
                guard inwardSent == inward.count else { return }
                inward.removeAll(keepingCapacity: true)
                inwardSent = 0
            }
            if isTheirEnd {
                if !isTheirEndSent { shutdown(socket.descriptor, Int32(SHUT_WR)) }
                isTheirEndSent = true
                return
            }
            let count = libssh2_channel_read_ex(
                pointer, 0, connection.scratch.baseAddress?.assumingMemoryBound(to: CChar.self),
                connection.scratch.count)
            guard count > 0 else {
                connection.check(Int32(truncatingIfNeeded: count))
                guard libssh2_channel_eof(pointer) == 1 else { return }
                isTheirEnd = true
                continue
            }
            left -= count
            let bytes = UnsafeRawBufferPointer(rebasing: connection.scratch[..<count])
            let sent = isWritable ? send(bytes) : 0
            if sent < count { inward.append(contentsOf: bytes[sent...]) }
        }
        connection.needsStep = true
    }

    /// From our socket to the other machine.
    private func moveOutward(_ connection: SSHConnection) {
        var left = Self.bytesPerTurn
        while left > 0, !isBroken, !isOurEndSent {
            guard !connection.session.wire.isFull else { return }
            if outwardSent < outward.count {
                let sent = outward.withUnsafeBytes {
                    write(UnsafeRawBufferPointer(rebasing: $0[outwardSent...]), connection)
                }
                outwardSent += sent
                guard outwardSent == outward.count else { return }
                outward.removeAll(keepingCapacity: true)
                outwardSent = 0
            }
            if isOurEnd {
                let code = libssh2_channel_send_eof(pointer)
                isOurEndSent = code == 0
                return connection.check(code)
            }
            guard isReadable else { return }
            let count = recv(socket.descriptor, connection.scratch.baseAddress, 32_000, Int32(MSG_DONTWAIT))
            guard count > 0 else {
                if count == 0 {
                    isOurEnd = true
                } else if errno == EAGAIN {
                    isReadable = false
                } else if errno != EINTR {
                    isBroken = true
                }
                continue
            }
            left -= count
            let bytes = UnsafeRawBufferPointer(rebasing: connection.scratch[..<count])
            let sent = write(bytes, connection)
            if sent < count { outward.append(contentsOf: bytes[sent...]) }
        }
        if !isBroken, !isOurEndSent { connection.needsStep = true }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        while true {
            let count = Glibc.send(
                socket.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            if count >= 0 {
                if count < bytes.count { isWritable = false }
                return count
            }
            if errno == EINTR { continue }
            if errno == EAGAIN { isWritable = false } else { isBroken = true }
            return 0
        }
    }

    /// What the channel takes at once; it has to be given the rest again.
    private func write(_ bytes: UnsafeRawBufferPointer, _ connection: SSHConnection) -> Int {
        var sent = 0
        while sent < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
            let count = libssh2_channel_write_ex(
                pointer, 0, rest.baseAddress?.assumingMemoryBound(to: CChar.self), rest.count)
            guard count > 0 else {
                let code = Int32(truncatingIfNeeded: count)
                if code < 0, code != LIBSSH2_ERROR_EAGAIN {
                    isBroken = true
                    connection.check(code)
                }
                break
            }
            sent += count
        }
        return sent
    }

    func end(_ connection: SSHConnection, _ reason: any Error) {
        connection.release(pointer)
    }
}

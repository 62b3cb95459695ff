import CLibSSH2
import Glibc
import MultipleSpawner

/// A command that runs on the other machine.
final class CommandChannel: PumpedChannel {
    let pointer: OpaquePointer
    private let order: CommandOrder
    private var written = 0
    private var isInputEnded = false
    private var output: [UInt8] = []
    private var errors: [UInt8] = []
    /// What the reader of a stream did not take yet.
    private var held: [UInt8] = []
    private var isPaused = false

    init(_ order: CommandOrder, _ pointer: OpaquePointer) {
        self.order = order
        self.pointer = pointer
        if case .stream(let answer, _) = order.recipient {
            libssh2_channel_handle_extended_data2(pointer, LIBSSH2_CHANNEL_EXTENDED_DATA_MERGE)
            answer.settle(.success(()))
        }
    }

    var number: UInt64 { order.number }
    var interest: (descriptor: Int32, events: Int32)? { nil }
    func note(_ events: Int32) {}

    /// A stream may be followed for ever: its limit is that of its start.
    var deadline: ContinuousClock.Instant? {
        if case .whole = order.recipient { order.deadline } else { nil }
    }

    func resume() {
        isPaused = false
    }

    func advance(_ connection: SSHConnection) -> Bool {
        write(connection)
        guard hand(), read(connection) else { return false }
        guard libssh2_channel_eof(pointer) == 1 else { return false }
        let code = libssh2_channel_wait_closed(pointer)
        if code == LIBSSH2_ERROR_EAGAIN { return false }
        connection.check(code)
        guard code == 0 else { return false }
        finish(connection)
        connection.release(pointer, isCommand: true)
        return true
    }

    private func write(_ connection: SSHConnection) {
        let input = order.command.input
        while written < input.count, !connection.session.wire.isFull {
            let count = input.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                return libssh2_channel_write_ex(
                    pointer, 0, rest.baseAddress?.assumingMemoryBound(to: CChar.self), rest.count)
            }
            guard count > 0 else { return connection.check(Int32(truncatingIfNeeded: count)) }
            written += count
        }
        guard written == input.count, !isInputEnded else { return }
        let code = libssh2_channel_send_eof(pointer)
        if code == 0 { isInputEnded = true }
        connection.check(code)
    }

    /// - Returns: `false` where the rest is read later.
    private func read(_ connection: SSHConnection) -> Bool {
        for stream in [Int32(0), SSH_EXTENDED_DATA_STDERR] {
            while true {
                let count = libssh2_channel_read_ex(
                    pointer, stream, connection.scratch.baseAddress?.assumingMemoryBound(to: CChar.self),
                    connection.scratch.count)
                guard count > 0 else {
                    connection.check(Int32(truncatingIfNeeded: count))
                    break
                }
                take(UnsafeRawBufferPointer(rebasing: connection.scratch[..<count]), stream)
                guard hand() else { return false }
            }
        }
        return true
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ stream: Int32) {
        guard case .whole = order.recipient else {
            held.append(contentsOf: bytes)
            return
        }
        let most = order.command.mostOutput
        if stream == 0 {
            output.append(contentsOf: bytes.prefix(max(0, most - output.count)))
        } else {
            errors.append(contentsOf: bytes.prefix(max(0, most - errors.count)))
        }
    }

    /// Gives the reader of a stream what there is; `false`: it has to catch up first.
    private func hand() -> Bool {
        guard case .stream(_, let channel) = order.recipient, !held.isEmpty else { return true }
        guard !isPaused, held.withUnsafeBytes({ channel.offer($0) }) else {
            isPaused = true
            return false
        }
        held.removeAll(keepingCapacity: true)
        return true
    }

    private func finish(_ connection: SSHConnection) {
        let signal = signal(connection)
        let status = signal == nil ? libssh2_channel_get_exit_status(pointer) : nil
        switch order.recipient {
        case .whole(let answer):
            answer.settle(
                .success(RemoteAnswer(status: status, signal: signal, output: output, errors: errors)))
        case .stream(_, let channel):
            channel.finish(.success(()))
        }
    }

    private func signal(_ connection: SSHConnection) -> String? {
        var name: UnsafeMutablePointer<CChar>?
        var count = 0
        libssh2_channel_get_exit_signal(pointer, &name, &count, nil, nil, nil, nil)
        guard let name else { return nil }
        defer { libssh2_free(connection.session.pointer, name) }
        return String(cString: name)
    }

    func end(_ connection: SSHConnection, _ reason: any Error) {
        order.fail(reason)
        connection.release(pointer, isCommand: true)
    }
}

import Glibc
public import MultipleSpawner

/// Whether a machine's sshd answers, before anybody logs in.
public enum MachineDoor {
    /// Connects, and waits for the first bytes: a port that a forwarder keeps open while the machine still boots says
    /// nothing.
    ///
    /// - Parameter limit: for each of the machine's addresses, and for the first bytes.
    public static func isAnswering(_ machine: MachineAddress, limit: Duration = .seconds(3)) async -> Bool {
        let milliseconds = Int32(clamping: limit.components.seconds * 1000)
        return await FileWork.run {
            let (addresses, _) = InternetAddress.resolve(machine.host, port: machine.port)
            return addresses.contains { speaks($0, milliseconds: milliseconds) }
        }
    }

    private static func speaks(_ address: InternetAddress, milliseconds: Int32) -> Bool {
        let descriptor = socket(
            address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        if address.connect(descriptor) != 0 {
            guard errno == EINPROGRESS, waits(descriptor, for: POLLOUT, milliseconds) else { return false }
            var error: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0, error == 0 else { return false }
        }
        guard waits(descriptor, for: POLLIN, milliseconds) else { return false }
        var bytes: [UInt8] = [0, 0, 0, 0]
        // `SSH-`: RFC 4253 lets a server say other lines first.
        return recv(descriptor, &bytes, bytes.count, 0) > 0
    }

    private static func waits(_ descriptor: Int32, for events: Int32, _ milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&entry, 1, milliseconds) == 1
    }
}

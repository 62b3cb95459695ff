import Glibc
import MultipleSpawner

/// An IP address and a port, in the system's own form.
struct SocketAddress: Sendable {
    private let bytes: [UInt8]
    let isIPv6: Bool
    /// The address in network order: 4 or 16 bytes.
    let address: [UInt8]

    /// `nil` unless `host` is an IPv4 or IPv6 address, or `localhost`: names are not looked up here.
    init?(_ host: String, port: Int) {
        // The system would read no further than a NUL byte.
        guard let number = UInt16(exactly: port), !host.utf8.contains(0) else { return nil }
        var four = sockaddr_in()
        if inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = number.bigEndian
            isIPv6 = false
            address = withUnsafeBytes(of: four.sin_addr) { Array($0) }
            bytes = withUnsafeBytes(of: four) { Array($0) }
            return
        }
        var six = sockaddr_in6()
        guard inet_pton(AF_INET6, host, &six.sin6_addr) == 1 else { return nil }
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = number.bigEndian
        isIPv6 = true
        address = withUnsafeBytes(of: six.sin6_addr) { Array($0) }
        bytes = withUnsafeBytes(of: six) { Array($0) }
    }

    /// A stream socket of its family; the caller closes it.
    private func socket(_ flags: Int32) -> Int32 {
        Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | flags, 0)
    }

    private func with(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        bytes.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: sockaddr.self) { pointer in
                pointer.baseAddress.map { body($0, socklen_t(raw.count)) } ?? -1
            }
        }
    }

    /// The port that the system gives when this one is bound: this one, or a free one for port 0.
    func bindOnce() throws(SystemError) -> Int {
        let descriptor = socket(Int32(SOCK_CLOEXEC.rawValue))
        guard descriptor >= 0 else { throw .last }
        defer { close(descriptor) }
        // Servers bind so as well: connections that are still closing do not occupy a port.
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard with({ bind(descriptor, $0, $1) }) == 0 else { throw .last }
        var bound = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &bound) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw .last }
        // The port is at the same place in both families.
        let port = withUnsafeBytes(of: bound) { UInt16($0[2]) << 8 | UInt16($0[3]) }
        return Int(port)
    }

    /// Whether somebody accepts connections there, asked without waiting.
    func accepts() -> Bool {
        let descriptor = socket(Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue))
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        if with({ connect(descriptor, $0, $1) }) == 0 { return true }
        guard errno == EINPROGRESS else { return false }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&waiting, 1, 0) == 1 else { return false }
        var failure: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length)
        return failure == 0
    }
}

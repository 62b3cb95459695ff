import CLinux
import Glibc

/// A socket that accepts connections.
struct ListeningSocket: Sendable, Hashable {
    let inode: UInt64
    let uid: UInt32
    /// It listens on that very address, and so goes before one that listens on all.
    let isExact: Bool

    /// Those that a connection to this address and port may reach, the most specific alone.
    static func all(at address: SocketAddress, port: Int) -> [ListeningSocket] {
        let sockets = asked(address, port: port) ?? listed(address, port: port)
        let exact = sockets.filter(\.isExact)
        return exact.isEmpty ? sockets : exact
    }

    /// By asking the kernel for them; `nil` where it does not answer such questions.
    private static func asked(_ address: SocketAddress, port: Int) -> [ListeningSocket]? {
        guard let number = UInt16(exactly: port) else { return [] }
        var sockets: [ListeningSocket] = []
        for isIPv6 in [false, true] {
            var found = [clinux_listener](repeating: clinux_listener(), count: 64)
            let count = clinux_listeners(isIPv6 ? AF_INET6 : AF_INET, number, &found, Int32(found.count))
            // A kernel without IPv6 has none of them.
            if count < 0, isIPv6, !sockets.isEmpty { return sockets }
            guard count >= 0 else { return nil }
            sockets += found[..<Int(count)].compactMap { listener in
                let bytes = withUnsafeBytes(of: listener.address) { Array($0.prefix(isIPv6 ? 16 : 4)) }
                return ListeningSocket(
                    local: bytes, isIPv6: isIPv6, at: address, uid: listener.uid, inode: UInt64(listener.inode))
            }
        }
        return sockets
    }

    /// By reading the whole table, for which the kernel walks every connection.
    private static func listed(_ address: SocketAddress, port: Int) -> [ListeningSocket] {
        [("/proc/net/tcp", false), ("/proc/net/tcp6", true)].flatMap { path, isIPv6 in
            guard let bytes = try? SystemFile.read(path, limit: 1 << 24) else { return [ListeningSocket]() }
            return parse(bytes, isIPv6: isIPv6, address: address, port: port)
        }
    }

    /// `nil` for a socket that a connection to `address` does not reach.
    private init?(local: [UInt8], isIPv6: Bool, at address: SocketAddress, uid: UInt32, inode: UInt64) {
        isExact = isIPv6 == address.isIPv6 && local == address.address
        let isForAll = local.allSatisfy { $0 == 0 } && (isIPv6 || !address.isIPv6)
        guard isExact || isForAll else { return nil }
        self.uid = uid
        self.inode = inode
    }

    static func parse(_ table: [UInt8], isIPv6: Bool, address: SocketAddress, port: Int) -> [ListeningSocket] {
        let wantedPort = String(port, radix: 16, uppercase: true)
        let suffix = Array((":" + String(repeating: "0", count: 4 - wantedPort.count) + wantedPort).utf8)
        return table.split(separator: UInt8(ascii: "\n")).dropFirst().compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 11)
            // 0A is LISTEN.
            guard fields.count > 9, fields[3].elementsEqual("0A".utf8), fields[1].suffix(5).elementsEqual(suffix),
                let local = bytes(hex: fields[1].dropLast(5)), let uid = UInt32(decimal: fields[7]),
                let inode = UInt64(decimal: fields[9])
            else { return nil }
            return ListeningSocket(local: local, isIPv6: isIPv6, at: address, uid: uid, inode: inode)
        }
    }

    /// The kernel prints addresses as words in the machine's own order.
    private static func bytes(hex: some Collection<UInt8>) -> [UInt8]? {
        let text = String(decoding: Array(hex), as: UTF8.self)
        guard text.utf8.count % 8 == 0 else { return nil }
        var bytes: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
            rest = rest.dropFirst(8)
        }
        return bytes
    }
}

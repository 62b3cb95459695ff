import Glibc

/// A line of `/proc/net/tcp` or `tcp6`: a socket that accepts connections.
struct ListeningSocket: Sendable, Hashable {
    let inode: UInt64
    let uid: UInt32
    /// It listens on that very address, and so goes before one that listens on all.
    let isExact: Bool

    /// Those that a connection to this address and port may reach, the most specific alone.
    static func all(at address: SocketAddress, port: Int) -> [ListeningSocket] {
        var sockets: [ListeningSocket] = []
        for (path, isIPv6) in [("/proc/net/tcp", false), ("/proc/net/tcp6", true)] {
            guard let bytes = try? SystemFile.read(path, limit: 1 << 24) else { continue }
            sockets += parse(bytes, isIPv6: isIPv6, address: address, port: port)
        }
        let exact = sockets.filter(\.isExact)
        return exact.isEmpty ? sockets : exact
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
            let isExact = isIPv6 == address.isIPv6 && local == address.address
            let isForAll = local.allSatisfy { $0 == 0 } && (isIPv6 || !address.isIPv6)
            guard isExact || isForAll else { return nil }
            return ListeningSocket(inode: inode, uid: uid, isExact: isExact)
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

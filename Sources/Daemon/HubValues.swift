import Glibc
import MultipleSpawner

/// What this machine is called by others, and its host key: values that configurers put on machines which shall know the
/// hub. The original asked a third party for the address; here it is the settings', or the machine's own first one.
enum HubValues {
    /// `server_public_ip`, and `server_host_key` as a whole line of `known_hosts`, where they are known.
    static func values(address: String?, keyDirectory: String = "/etc/ssh") -> [String: String] {
        guard let address = address ?? firstAddress() else { return [:] }
        var values = ["server_public_ip": address]
        for type in ["ed25519", "ecdsa", "rsa"] {
            let file = "\(keyDirectory)/ssh_host_\(type)_key.pub"
            guard let bytes = try? FileBytes.read(file) else { continue }
            let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).prefix(2)
            guard words.count == 2 else { continue }
            values["server_host_key"] = "\(address) \(words[0]) \(words[1])\n"
            break
        }
        return values
    }

    /// The first IPv4 address that is not the loopback's.
    private static func firstAddress() -> String? {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return nil }
        defer { freeifaddrs(first) }
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, Int32(address.pointee.sa_family) == AF_INET,
                entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0, entry.ifa_flags & UInt32(IFF_UP) != 0
            else { continue }
            var buffer = [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN))
            var four = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self)
            guard inet_ntop(AF_INET, &four.sin_addr, &buffer, socklen_t(buffer.count)) != nil else { continue }
            return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return nil
    }
}

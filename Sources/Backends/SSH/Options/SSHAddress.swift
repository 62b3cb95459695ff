import MultipleSpawner

/// A machine as the options name it: `gpu-2`, `gpu-2:2222`, `alice@gpu-2`, `[2001:db8::1]:22`, `2001:db8::1`.
struct SSHAddress: Sendable, Hashable {
    var user: String?
    var host: String
    var port: Int?

    init(_ text: String) throws(SpawnError) {
        var rest = Substring(text)
        if let at = rest.lastIndex(of: "@") {
            user = try Self.account(String(rest[..<at]))
            rest = rest[rest.index(after: at)...]
        }
        let port: Substring?
        if rest.hasPrefix("["), let close = rest.lastIndex(of: "]") {
            let after = rest[rest.index(after: close)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw Self.refusal(text) }
            port = after.isEmpty ? nil : after.dropFirst()
            rest = rest[rest.index(after: rest.startIndex)..<close]
        } else if let colon = rest.lastIndex(of: ":"), rest.firstIndex(of: ":") == colon {
            port = rest[rest.index(after: colon)...]
            rest = rest[..<colon]
        } else {
            port = nil
        }
        host = String(rest)
        guard Self.isHost(host) else { throw Self.refusal(text) }
        if let port {
            guard let number = Int(port), (1...65535).contains(number) else { throw Self.refusal(text) }
            self.port = number
        }
    }

    /// A name or an address: letters, digits, dots, dashes and underscores, or an IPv6 address.
    static func isHost(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 253, first != UInt8(ascii: "-") else { return false }
        if text.utf8.contains(UInt8(ascii: ":")) { return SocketAddress(text, port: 1)?.isIPv6 == true }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || ".-_".utf8.contains($0) }
    }

    /// The name of an account on a Unix machine. A hub's user name may be none.
    static func account(_ name: String) throws(SpawnError) -> String {
        let isValid = name.utf8.allSatisfy { isLetterOrDigit($0) || "._@+-$".utf8.contains($0) }
        guard isValid, (1...64).contains(name.utf8.count), name.utf8.first != UInt8(ascii: "-") else {
            throw SpawnError(
                .invalidRequest,
                "'\(name.excerpt)' is no name of an account on another machine; name the account in 'user'")
        }
        return name
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func refusal(_ text: String) -> SpawnError {
        SpawnError(
            .invalidRequest,
            "'\(text.excerpt)' names no machine; write it as 'host', 'host:22' or 'user@host:22' in 'hosts'"
                + (Placeholders.remain(in: text) ? " (nothing has filled in its placeholder)" : ""))
    }
}

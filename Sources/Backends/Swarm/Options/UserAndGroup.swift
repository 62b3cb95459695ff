import MultipleSpawner

/// `uid_gid`: who a container runs as, and who owns the files that are brought into it.
struct UserAndGroup: Sendable, Hashable {
    /// By number or by name.
    let user: String
    let group: String?

    /// - Throws: `invalid_request` unless the text is `1000:100`, `1000`, or the same with names.
    init(_ text: String) throws(SpawnError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), parts.allSatisfy({ Self.isAccount($0) }) else {
            throw SpawnError(
                .invalidRequest,
                "'uid_gid' is '\(text.excerpt)'; write a user and a group by number or name: '1000:100'")
        }
        user = parts[0]
        group = parts.count == 2 ? parts[1] : nil
    }

    var text: String { group.map { "\(user):\($0)" } ?? user }

    /// Whether it is root, under whatever name or number.
    var isRoot: Bool { Self.number(user) == 0 }

    /// The same by numbers, as Docker wants the owner of a file: `nil` for a name, which only the image knows.
    var byNumber: (user: String, group: String)? {
        guard let user = Self.number(user) else { return nil }
        return (String(user), String(group.flatMap { Self.number($0) } ?? 0))
    }

    private static func number(_ account: String) -> UInt32? {
        account == "root" ? 0 : UInt32(account)
    }

    /// A number, or a name as systems have them.
    private static func isAccount(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 32 else { return false }
        if bytes.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) { return UInt32(text) != nil }
        return (first.isSmallAlphanumeric || first == UInt8(ascii: "_"))
            && bytes.allSatisfy { $0.isServiceNameByte || $0 == UInt8(ascii: ".") }
    }
}

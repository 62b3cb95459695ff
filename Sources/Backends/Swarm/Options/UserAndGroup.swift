import MultipleSpawner

/// `uid_gid`: who a container runs as, and who owns the files that are brought into it.
struct UserAndGroup: Sendable, Hashable {
    let user: String
    let group: String?

    /// - Throws: `invalid_request` unless the text is `1000:100` or `1000`.
    init(_ text: String) throws(SpawnError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), parts.allSatisfy({ Self.isNumber($0) }) else {
            throw SpawnError(
                .invalidRequest, "'uid_gid' is '\(text.excerpt)'; write the numbers of a user and a group: '1000:100'")
        }
        user = parts[0]
        group = parts.count == 2 ? parts[1] : nil
    }

    var text: String { group.map { "\(user):\($0)" } ?? user }

    private static func isNumber(_ text: String) -> Bool {
        UInt32(text) != nil && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

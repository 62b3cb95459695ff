import Crypto
import MultipleSpawner

/// The names of what is made for one session.
struct ServiceNames: Sendable, Hashable {
    /// `jupyter-alice-1` where that says unambiguously whose server it is; else the same as `hashed`.
    let preferred: String
    /// A readable name with a hash of hub, user and server: for names that are not plain, and for when somebody else
    /// has the preferred one.
    let hashed: String
    /// What `{service_owner}` stands for.
    let owner: ServiceOwner
    /// A name on the networks that no other attempt has: a resolver cannot hold an old address for it.
    let alias: String
    /// How the names of configs and secrets begin.
    private let stem: String

    /// The longest name that Docker takes for a service.
    static let longestName = 63
    /// The longest prefix, so that there is room for the rest.
    static let longestPrefix = 32

    init(_ identity: SessionIdentity, session: SessionID, prefix: String = "jupyter", style: OwnerStyle = .name) {
        owner = ServiceOwner(identity.user, style: style)
        hashed = Self.hashed(identity, prefix: prefix)
        preferred = Self.plain(identity, owner: owner, style: style, prefix: prefix) ?? hashed
        alias = Self.alias(session)
        let tag = SHA256.hash(data: Array("\(identity.hub)\0\(session.rawValue)".utf8)).hexadecimal.prefix(
            Self.tagLength)
        stem = "\(prefix)-\(tag)"
    }

    /// The name of the Docker config that brings an uploaded file.
    func upload(_ index: Int) -> String { "\(stem)-upload-\(index)" }

    /// The name of a Docker secret: `token`, `key`.
    func secret(_ purpose: String) -> String { "\(stem)-\(purpose)" }

    private static let tagLength = 20

    /// Whether a config or secret of this name is one that a session made, of any hub with this prefix.
    static func isOfSession(_ name: String, prefix: String) -> Bool {
        let bytes = Array(name.utf8)
        let start = Array("\(prefix)-".utf8)
        guard bytes.starts(with: start), bytes.count > start.count + tagLength else { return false }
        let rest = bytes.dropFirst(start.count)
        return rest.prefix(tagLength).allSatisfy(\.isSmallHexadecimal)
            && rest.dropFirst(tagLength).first == UInt8(ascii: "-")
    }

    /// - Throws: `invalid_request` unless names may begin with the text.
    static func check(prefix: String) throws(SpawnError) {
        let bytes = Array(prefix.utf8)
        guard (1...longestPrefix).contains(bytes.count), bytes.allSatisfy(\.isServiceNameByte),
            bytes[0].isSmallAlphanumeric
        else {
            throw SpawnError(
                .invalidRequest,
                "'service_prefix' is '\(prefix.excerpt)'; use 1 to \(longestPrefix) of a-z, 0-9, '-' and '_', "
                    + "a letter or digit first")
        }
    }

    /// `nil` where two identities could have the name. The server's part has no `-`, so the last `-` is where it
    /// begins; it is not `1`, which is the default server's; and it does not look like a hash.
    private static func plain(
        _ identity: SessionIdentity, owner: ServiceOwner, style: OwnerStyle, prefix: String
    ) -> String? {
        guard style == .md5 || owner.text == identity.user else { return nil }
        let server = Array(identity.server.utf8)
        guard server.allSatisfy({ $0.isServiceNameByte && $0 != UInt8(ascii: "-") }), identity.server != "1",
            server.last?.isSmallAlphanumeric ?? true,
            server.count != hashLength || !server.allSatisfy(\.isSmallHexadecimal)
        else { return nil }
        let name = "\(prefix)-\(owner.text)-\(identity.server.isEmpty ? "1" : identity.server)"
        return name.utf8.count <= longestName ? name : nil
    }

    private static let hashLength = 10

    private static func hashed(_ identity: SessionIdentity, prefix: String) -> String {
        // No name holds a NUL, so it separates.
        let whole = "\(identity.hub)\0\(identity.user)\0\(identity.server)"
        let hash = SHA256.hash(data: Array(whole.utf8)).hexadecimal.prefix(hashLength)
        let room = longestName - prefix.utf8.count - hashLength - 2
        let readable = ServiceOwner.slug(of: "\(identity.user)-\(identity.server)", most: room)
        return "\(prefix)-\(readable)-\(hash)"
    }

    /// The session's id where that is a DNS label in small letters, else a hash of it.
    private static func alias(_ session: SessionID) -> String {
        let bytes = Array(session.rawValue.utf8)
        let isLabel = bytes.count <= 61 && bytes.allSatisfy { $0.isSmallAlphanumeric || $0 == UInt8(ascii: "-") }
        if isLabel, let last = bytes.last, last.isSmallAlphanumeric { return "s-\(session.rawValue)" }
        return "x-\(SHA256.hash(data: bytes).hexadecimal.prefix(40))"
    }
}

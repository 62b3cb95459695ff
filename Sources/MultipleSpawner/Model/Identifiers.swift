/// Names one **attempt** to start a server. The caller mints it, so that asking twice starts once.
public struct SessionID: Hashable, Sendable, Codable, RawRepresentable {
    public let rawValue: String

    /// `nil` unless the text is 1 to 64 of `A-Z a-z 0-9 _ -`: it becomes part of file names, labels and URLs.
    public init?(rawValue: String) {
        let isValid = rawValue.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isValid, (1...64).contains(rawValue.utf8.count) else { return nil }
        self.rawValue = rawValue
    }

    /// The same as `init(rawValue:)`, with an error that can be shown.
    public init(_ text: String) throws(SpawnError) {
        guard let id = SessionID(rawValue: text) else {
            throw SpawnError(
                .invalidRequest,
                "session id '\(text.excerpt)' is not valid; use 1 to 64 letters, digits, '-' and '_'")
        }
        self = id
    }
}

/// Whose server it is: three names that stay the same from one attempt to the next.
///
/// A hub that was killed in the middle of a start has lost the attempt's id; this is what it still knows.
public struct SessionIdentity: Hashable, Sendable, Codable {
    /// The hub that asks. Sessions of one hub are invisible to another.
    public let hub: String
    /// The user's name as the hub has it: any text without control characters.
    public let user: String
    /// The name of a named server; empty for the default one.
    public let server: String

    /// The longest name that is taken, in UTF-8 bytes. JupyterHub's own columns hold 255 characters.
    public static let longestName = 255

    public init(hub: String, user: String, server: String = "") throws(SpawnError) {
        try Self.check(hub, "hub name", mayBeEmpty: false)
        try Self.check(user, "user name", mayBeEmpty: false)
        try Self.check(server, "server name", mayBeEmpty: true)
        self.hub = hub
        self.user = user
        self.server = server
    }

    private static func check(_ name: String, _ what: String, mayBeEmpty: Bool) throws(SpawnError) {
        guard mayBeEmpty || !name.isEmpty else {
            throw SpawnError(.invalidRequest, "\(what) is empty; name it")
        }
        guard name.utf8.count <= longestName else {
            throw SpawnError(
                .invalidRequest,
                "\(what) '\(name.excerpt)' has \(name.utf8.count) bytes; the most is \(longestName)")
        }
        guard !name.unicodeScalars.contains(where: \.isControl) else {
            throw SpawnError(
                .invalidRequest, "\(what) '\(name.excerpt)' holds a control character; remove it")
        }
        // Bytes are looked at: a "/" with a combining mark behind it is another character, and still a "/" to the system.
        guard name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")) else {
            throw SpawnError(.invalidRequest, "\(what) '\(name.excerpt)' reads as a path; choose another name")
        }
    }
}

extension SessionIdentity {
    /// `alice` or `alice/server`, for logs and messages.
    public var label: String { server.isEmpty ? user : "\(user)/\(server)" }
}

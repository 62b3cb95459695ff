import MultipleSpawner

/// What an SSH authenticator makes for a session, by name: enough to undo it, and nothing secret.
struct SSHGrant: Sendable, Hashable, Codable {
    var session: SessionID
    /// The key's directory and name; `nil` where no key is made.
    var key: Key?
    /// The machines whose host keys are written down for the session.
    var machines: [MachineAddress]
    /// The `authorized_keys` file that has a line for the session.
    var authorizedKeys: String?
    /// Of the certificate, for a list of revoked ones.
    var serial: UInt64?
    /// What the certificate says, to make it anew before it runs out.
    var certificate: Certificate?

    struct Certificate: Sendable, Hashable, Codable {
        var keyID: String
        var principals: [String]
        var sourceAddresses: [String]
        var permitsTerminal: Bool
        /// How long each one holds, in seconds.
        var validity: UInt64
    }

    struct Key: Sendable, Hashable, Codable {
        var directory: String
        var name: String
        /// Whether it outlives the session.
        var isKept: Bool
    }
}

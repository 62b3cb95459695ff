/// A way into a machine, as an authenticator made it for one session.
///
/// Keys are files, so that a daemon that was killed finds them again, and so that nothing secret is in a journal.
public struct Credentials: Sendable, Hashable {
    /// The account on the machine, where the authenticator knows it.
    public var account: String?
    /// Path of an OpenSSH private key.
    public var keyFile: String?
    /// The public half, as one line of `authorized_keys`.
    public var publicKey: String?
    /// Path of an OpenSSH user certificate for that key.
    public var certificateFile: String?
    public var password: Secret?
    /// A `known_hosts` file with the keys that were verified for this session.
    public var knownHostsFile: String?

    public init(
        account: String? = nil, keyFile: String? = nil, publicKey: String? = nil, certificateFile: String? = nil,
        password: Secret? = nil, knownHostsFile: String? = nil
    ) {
        self.account = account
        self.keyFile = keyFile
        self.publicKey = publicKey
        self.certificateFile = certificateFile
        self.password = password
        self.knownHostsFile = knownHostsFile
    }
}

public import MultipleSpawner

/// A machine, the account there, and how we prove who we are: what makes two uses of SSH the same connection.
public struct SSHTarget: Sendable, Hashable {
    /// A name or an address; IPv6 without brackets.
    public var host: String
    public var port: Int
    /// The account there.
    public var user: String
    public var credential: SSHCredential
    /// Machines on the way, the first that is reached from here first.
    public var jumps: [SSHTarget]
    public var hostKeys: HostKeyPolicy

    public init(
        host: String, port: Int = 22, user: String, credential: SSHCredential, jumps: [SSHTarget] = [],
        hostKeys: HostKeyPolicy
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.credential = credential
        self.jumps = jumps
        self.hostKeys = hostKeys
    }
}

extension SSHTarget: CustomStringConvertible {
    /// `alice@gpu-2:22`.
    public var description: String {
        "\(user.excerpt)@\(host.contains(":") ? "[\(host.excerpt)]" : host.excerpt):\(port)"
    }
}

/// How we prove who we are. Keys are files, so that a daemon that was killed finds them again.
public enum SSHCredential: Sendable, Hashable {
    /// Paths of an OpenSSH private key and, where there is one, of its certificate.
    case key(file: String, certificate: String?, passphrase: Secret?)
    case password(Secret)
    /// The agent at this socket.
    case agent(socket: String)
}

/// Which machines are believed to be who they say they are.
public struct HostKeyPolicy: Sendable, Hashable {
    /// `known_hosts` files; the first is ours, and the one that is added to.
    public var files: [String]
    /// Whether a machine that no file knows is believed at its first connection and written down. A key that changed is
    /// never believed.
    public var acceptsNew: Bool

    public init(files: [String], acceptsNew: Bool = false) {
        self.files = files
        self.acceptsNew = acceptsNew
    }
}

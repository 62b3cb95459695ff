public import Transport

/// Where Docker is: one engine, or the managers of a swarm, which stand in for one another.
public struct DockerHost: Sendable, Hashable, Codable {
    /// The ways to one engine.
    public enum Manager: Sendable, Hashable, Codable {
        /// An absolute path.
        case socket(String)
        /// Without TLS: to this machine, or where the administrator said so.
        case plain(host: String, port: Int)
        case tls(host: String, port: Int)
    }

    /// In the order in which they are asked; never empty.
    public let managers: [Manager]
    /// For those that are reached by TLS.
    public let tls: TLSFiles
    /// The name that certificates must bear, where it is not that of the host.
    public let certificateName: String?

    init(managers: [Manager], tls: TLSFiles = TLSFiles(), certificateName: String? = nil) {
        self.managers = managers
        self.tls = tls
        self.certificateName = certificateName
    }

    /// Where Docker is when nobody says otherwise.
    public static let usual = DockerHost(managers: [.socket("/var/run/docker.sock")])
}

extension DockerHost.Manager: CustomStringConvertible {
    /// As `DOCKER_HOST` has it: `unix:///var/run/docker.sock`, `tcp://manager:2376`.
    public var description: String {
        switch self {
        case .socket(let path): "unix://\(path)"
        case .plain(let host, let port), .tls(let host, let port): "tcp://\(Self.bracketed(host)):\(port)"
        }
    }

    /// An IPv6 address as it stands in a URL.
    static func bracketed(_ host: String) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    }
}

extension DockerHost: CustomStringConvertible {
    public var description: String { managers.map(\.description).joined(separator: ", ") }
}

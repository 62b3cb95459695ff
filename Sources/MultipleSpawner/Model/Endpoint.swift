/// Where a server answers, as the hub and its proxy will reach it.
public struct Endpoint: Sendable, Hashable, Codable {
    public enum Scheme: String, Sendable, Hashable, Codable {
        case http, https
    }

    public let scheme: Scheme
    /// A host name or an address; IPv6 without brackets.
    public let host: String
    public let port: Int

    public init(scheme: Scheme = .http, host: String, port: Int) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    /// `http://127.0.0.1:41234`, without a path.
    public var url: String {
        "\(scheme.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

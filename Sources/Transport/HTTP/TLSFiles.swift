/// The PEM files of a TLS connection. The other side's certificate and its name are always verified.
public struct TLSFiles: Sendable, Hashable, Codable {
    /// The authorities that the server's certificate is checked against; `nil`: those of the system.
    public var authority: String?
    /// Our own certificate, where the server wants one.
    public var certificate: String?
    /// The key of our certificate, without a passphrase.
    public var key: String?

    public init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }
}

/// The server's side of the hub's internal TLS, as PEM text: for a place that the hub's own files do not reach.
///
/// On the hub's machine the files that `JUPYTERHUB_SSL_*` name in the environment are enough.
public struct Certificates: Sendable, Hashable {
    /// The server's private key.
    public var key: Secret
    /// The server's certificate.
    public var certificate: Secret
    /// Whom the server trusts.
    public var authorities: Secret

    public init(key: Secret, certificate: Secret, authorities: Secret) {
        self.key = key
        self.certificate = certificate
        self.authorities = authorities
    }
}

import MultipleSpawner

/// How the daemon reaches Docker, and how Docker reaches registries.
struct DockerSettings: Sendable, Equatable {
    /// Files of the client's side of TLS, PEM.
    struct TLS: Sendable, Equatable {
        var authorities: String?
        var certificate: String?
        var key: String?
    }

    /// The account at one registry. The password stays in its file until it is needed.
    struct Registry: Sendable, Equatable {
        let username: String
        let passwordFile: String
    }

    /// Managers to talk to, in their order: `unix://…`, `tcp://…`. Empty: as `DOCKER_HOST` says, else the local socket.
    var hosts: [String] = []
    /// `nil`: as `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` say.
    var tls: TLS?
    /// A Docker `config.json` with credentials of registries.
    var configuration: String?
    /// By the registry's name, as images write it.
    var registries: [String: Registry] = [:]

    /// The declaration of the keys in the settings file.
    static let fields = [
        Field(
            "docker_host", .list(.string),
            "the Docker Engine, or several managers of one swarm: unix:///path or tcp://host:port"),
        Field("docker_tls", .object(tlsShape), "the client's side of TLS"),
        Field("docker_config", .path, "a Docker config.json with credentials of registries"),
        Field("registries", .map(.object(registryShape)), "accounts at registries, by the registry's name"),
    ]

    private static let tlsShape = ObjectShape([
        Field("ca", .path, "certificates that the engine's is checked against, PEM"),
        Field("cert", .path, "the client's certificate, PEM"),
        Field("key", .path, "the certificate's key, PEM"),
    ])

    private static let registryShape = ObjectShape([
        Field("username", .string, required: true, "the account"),
        Field("password_file", .path, required: true, "a file with the password, readable by the daemon alone"),
    ])

    init() {}

    /// - Parameters:
    ///   - text: what the command line, the environment or the settings file says.
    ///   - file: the settings file, for what has no place in an environment.
    init(text: (Settings.Key) -> String?, file: JSONValue, home: String?) throws(SpawnError) {
        func path(_ key: Settings.Key) -> String? { text(key)?.expandingTilde(home: home) }
        hosts = (text(.dockerHost) ?? "").split(separator: ",").map { host in
            String(host.filter { !$0.isWhitespace })
        }.filter { !$0.isEmpty }
        for host in hosts where !["unix://", "tcp://", "ssh://", "http://", "https://"].contains(where: host.hasPrefix)
        {
            throw SpawnError(
                .invalidRequest, "docker_host is '\(host.excerpt)'; write unix:///path or tcp://host:port")
        }
        let tls = TLS(
            authorities: path(.dockerTLSAuthorities), certificate: path(.dockerTLSCertificate), key: path(.dockerTLSKey)
        )
        guard (tls.certificate == nil) == (tls.key == nil) else {
            throw SpawnError(.invalidRequest, "docker_tls has one of 'cert' and 'key'; give both, or none")
        }
        self.tls = tls == TLS() ? nil : tls
        configuration = path(.dockerConfiguration)
        registries = (file["registries"]?.objectValue ?? [:]).compactMapValues { entry in
            guard let username = entry["username"]?.stringValue, let file = entry["password_file"]?.stringValue else {
                return nil
            }
            return Registry(username: username, passwordFile: file.expandingTilde(home: home))
        }
    }
}

/// What a placeholder's name stands for. The list is closed: nothing is reached through a name that is not in it.
enum PlaceholderName: Sendable, Hashable {
    /// Something about the user or the server.
    case identity
    /// A variable of the hub's environment for this server.
    case environment
    /// Known only later in the start, when there is a machine: it stays in the text until then.
    case deferred
    /// A secret: it has no place in an option.
    case secret
    case unknown

    init(_ name: String) {
        if Self.identityNames.contains(name) {
            self = .identity
        } else if Self.deferredNames.contains(name) {
            self = .deferred
        } else if Self.hubVariables.contains(name) {
            self = .environment
        } else {
            self = Self.belongsToHub(name) && Self.looksSecret(name) ? .secret : .unknown
        }
    }

    static let identityNames: Set<String> = ["username", "user", "name", "server_name", "unescaped_username"]

    /// `auth_key` and the server's address and key are known when a way into a machine has been made, `endpoint` and
    /// all about the machine when there is one, `service_owner` when a service is named.
    static let deferredNames: Set<String> = [
        "endpoint", "machine", "machine_host", "machine_port", "machine_account", "auth_key", "server_public_ip",
        "server_host_key", "service_owner",
    ]

    /// What JupyterHub 5 and 6 set for every server, and what they set when an admin asks for it.
    static let hubVariables: Set<String> = [
        "JUPYTERHUB_USER", "JUPYTERHUB_HOST", "JUPYTERHUB_API_URL", "JUPYTERHUB_ACTIVITY_URL", "JUPYTERHUB_BASE_URL",
        "JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_SERVER_NAME", "JUPYTERHUB_CLIENT_ID",
        "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", "JUPYTERHUB_OAUTH_CALLBACK_URL", "JUPYTERHUB_OAUTH_SCOPES",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES", "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", "JUPYTERHUB_PUBLIC_URL",
        "JUPYTERHUB_PUBLIC_HUB_URL", "JUPYTERHUB_ADMIN_ACCESS", "JUPYTERHUB_COOKIE_OPTIONS", "JUPYTERHUB_ROOT_DIR",
        "JUPYTERHUB_DEFAULT_URL", "JUPYTERHUB_DEBUG", "JUPYTERHUB_DISABLE_USER_CONFIG", "JUPYTERHUB_SSL_KEYFILE",
        "JUPYTERHUB_SSL_CERTFILE", "JUPYTERHUB_SSL_CLIENT_CA", "JPY_USER", "JPY_BASE_URL", "JPY_HUB_PREFIX",
        "JPY_HUB_API_URL", "JPY_COOKIE_NAME",
    ]

    /// What an error proposes.
    static var proposals: [String] { identityNames.union(deferredNames).union(hubVariables).sorted() }

    static func belongsToHub(_ name: String) -> Bool {
        name.hasPrefix("JUPYTERHUB_") || name.hasPrefix("JPY_")
    }

    /// Whether a variable of this name is kept from options. Wrong guesses cost an error, not a secret.
    static func looksSecret(_ name: String) -> Bool {
        let upper = name.uppercased()
        return ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "PRIVATE", "APIKEY", "API_KEY"]
            .contains { upper.contains($0) } || upper.hasSuffix("ACCESS_KEY") || upper.hasSuffix("AUTH_KEY")
    }

    /// `PATH`, `LAB_IMAGE`: a name such as environments have, which a hub's settings may bring.
    static func mayBeEnvironment(_ name: String) -> Bool {
        name.utf8.allSatisfy { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte.isDigit || byte == UInt8(ascii: "_")
        }
    }
}

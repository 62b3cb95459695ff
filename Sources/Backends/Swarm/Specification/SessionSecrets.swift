import MultipleSpawner

/// The Docker secrets that a session needs: its token, and its certificates where the hub speaks TLS with its servers.
struct SessionSecrets: Sendable {
    /// One secret to make, and how the container sees it.
    struct Part: Sendable {
        let file: StoredFile
        /// Without the id, which Docker gives.
        let reference: FileReference
    }

    /// Where the container finds the token.
    static let tokenPath = "/run/secrets/jupyterhub_api_token"

    let parts: [Part]
    /// The variables that name the files of the certificates.
    let certificatePaths: [String: String]

    /// - Parameter certificates: PEM by `keyfile`, `certfile` and `cafile`; empty where the hub speaks plain HTTP.
    init(_ plan: SessionPlan, _ options: SwarmOptions, _ names: ServiceNames, certificates: [String: Secret] = [:]) {
        var parts: [Part] = []
        var paths: [String: String] = [:]
        func add(_ purpose: String, _ path: String, _ content: Secret) {
            // Whoever the container runs as has to read it; one that root starts may go on as somebody else.
            let owner = options.fileOwner.flatMap { $0.isRoot ? nil : $0.byNumber }
            let target = FileTarget(
                name: path, uid: owner?.user ?? "0", gid: owner?.group ?? "0", mode: owner == nil ? 0o444 : 0o440)
            parts.append(
                Part(
                    file: StoredFile(
                        name: names.secret(purpose), labels: ServiceLabels.of(plan),
                        content: Array(content.reveal().utf8)),
                    reference: FileReference(kind: .secret, name: names.secret(purpose), file: target)))
        }
        if options.token == .secret, let token = plan.environment["JUPYTERHUB_API_TOKEN"] {
            add("token", Self.tokenPath, token)
        }
        for (key, variable) in Self.certificateVariables {
            guard let content = certificates[key] else { continue }
            let path = "/run/secrets/jupyterhub_\(key)"
            add(key, path, content)
            paths[variable] = path
        }
        self.parts = parts
        certificatePaths = paths
    }

    private static let certificateVariables = [
        ("keyfile", "JUPYTERHUB_SSL_KEYFILE"), ("certfile", "JUPYTERHUB_SSL_CERTFILE"),
        ("cafile", "JUPYTERHUB_SSL_CLIENT_CA"),
    ]
}

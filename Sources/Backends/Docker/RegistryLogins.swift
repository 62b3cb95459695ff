public import MultipleSpawner

/// Where the credentials of registries are. They are read for each use: logins expire, and passwords change.
public struct RegistryLogins: Sendable {
    /// The path of a `config.json`, as Docker's own client writes it.
    let dockerConfig: String?
    /// Whether somebody has named that file, or it is only where Docker's client keeps it.
    let isNamed: Bool
    /// `{"registry.example.com": {"username": "hub", "password_file": "/run/secrets/registry"}}`
    let registries: JSONValue?

    /// No credentials: only what anybody may pull.
    public init() {
        self.init(dockerConfig: nil, registries: nil)
    }

    /// - Parameter dockerConfig: `nil`: where Docker's client keeps it, which may be nowhere.
    public init(dockerConfig: String?, environment: [String: String] = [:], registries: JSONValue?) {
        self.dockerConfig = dockerConfig ?? RegistryCredentials.usualDockerConfig(environment: environment)
        isNamed = dockerConfig != nil
        self.registries = registries
    }

    /// Reads them beside the tasks' threads.
    ///
    /// - Throws: `invalid_request` for a file that cannot be read and that somebody has named; of another one, that is
    ///   among the findings.
    func read() async throws(SpawnError) -> RegistryCredentials {
        try await BlockingWork.run { Result { () throws(SpawnError) in try readNow() } }.get()
    }

    /// Reads them on this thread.
    public func readNow() throws(SpawnError) -> RegistryCredentials {
        do throws(SpawnError) {
            return try RegistryCredentials.load(dockerConfig: dockerConfig, registries: registries)
        } catch {
            guard !isNamed, let dockerConfig else { throw error }
            var credentials = try RegistryCredentials.load(dockerConfig: nil, registries: registries)
            credentials.findings.append(Finding(.warning, "docker: \(dockerConfig.excerpt)", error.message))
            return credentials
        }
    }
}

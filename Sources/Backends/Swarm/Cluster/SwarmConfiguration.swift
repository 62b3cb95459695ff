public import MultipleSpawner
public import Transport

/// What all swarms share: where Docker is when no template says otherwise, and how it is spoken to.
public struct SwarmConfiguration: Sendable {
    public var host: DockerHost
    /// What completes the options of a template that name only a part: `DOCKER_CERT_PATH` and the like.
    public var environment: [String: String]
    public var logins: RegistryLogins
    /// Which daemon's things these are, where several share a swarm: what another one made is never swept.
    public var installation = ""
    /// How long a server is given to end, where its template does not say.
    public var grace = Duration.seconds(10)
    public var http: HTTPClient
    /// For calls that may last as long as a server takes to end: they must not hold up the others.
    public var patientHTTP: HTTPClient

    /// What an environment says: `DOCKER_HOST`, `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH`.
    public init(environment: [String: String]) throws(SpawnError) {
        self.init(host: try DockerHost(environment: environment), environment: environment)
    }

    public init(
        host: DockerHost = .usual, environment: [String: String] = [:],
        logins: RegistryLogins = RegistryLogins(),
        http: HTTPClient = HTTPClient(), patientHTTP: HTTPClient = HTTPClient(callsPerOrigin: 256)
    ) {
        self.host = host
        self.environment = environment
        self.logins = logins
        self.http = http
        self.patientHTTP = patientHTTP
    }
}

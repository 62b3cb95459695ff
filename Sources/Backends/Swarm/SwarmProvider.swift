import Logging
public import MultipleSpawner

/// Says what a swarm has free. It asks the managers no oftener than every few seconds, whoever wants to know.
public struct SwarmProvider: ReportingProvider {
    public static let kind: ProviderKind = "swarm"

    public static let options = ObjectShape([
        Field(
            "docker_host", .list(.string),
            "The managers of the swarm, as in a template; those of the settings, when it is not given."),
        Field("tls_config", .map(.anything), "The client's side of TLS, as in a template."),
    ])

    private let cluster: SwarmCluster
    private let log = Logger(label: "multiplespawner.swarm")

    /// - Parameter backend: by which the managers are asked.
    /// - Throws: `invalid_request` for an address that cannot be read.
    public init(_ site: ProviderSite, of backend: SwarmBackend) throws(SpawnError) {
        cluster = backend.clusters.cluster(at: try backend.clusters.host(in: site.options))
    }

    public static func hasRoom(for backend: BackendKind) -> Bool { backend == SwarmBackend.kind }

    public func availability() async -> Availability {
        do {
            return try await cluster.room.recent(within: .seconds(3)).value.availability
        } catch {
            log.debug("no room is known", metadata: ["docker": "\(cluster.host)", "reason": "\(error)"])
            return Availability(problem: "the swarm cannot be asked")
        }
    }
}

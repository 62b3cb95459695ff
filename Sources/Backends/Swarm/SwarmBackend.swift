import Logging
public import MultipleSpawner
import Synchronization
import Transport

/// Servers as services of a Docker Swarm: one service with one task for each session.
public struct SwarmBackend: Backend {
    public static let kind: BackendKind = "swarm"

    /// What templates of the originals call it; the first name is our own.
    public static let classes = [
        "multiplespawner.Swarm", "jhub.SwarmSpawner", "jhub.swarmspawner.SwarmSpawner",
        "cassinyspawner.SwarmSpawner", "cassinyspawner.swarmspawner.SwarmSpawner",
    ]

    public static var options: ObjectShape { SwarmOptions.shape }

    let clusters: SwarmClusters
    let accelerators: AcceleratorBook
    /// For the question whether a server answers.
    let probe: HTTPClient
    let log = Logger(label: "multiplespawner.swarm")

    public init(_ configuration: SwarmConfiguration) {
        clusters = SwarmClusters(configuration)
        accelerators = AcceleratorBook()
        probe = configuration.http
    }

    public static func menu(of options: JSONValue) -> Menu { SwarmMenu.menu(of: options) }

    public static func settle(
        _ options: JSONValue, with choice: Choice, within limits: HardwareLimits
    ) throws(SpawnError) -> JSONValue {
        try SwarmSettlement.settle(options, with: choice, within: limits)
    }

    /// One request answers for all sessions, so it need not be seldom; and while nothing changes, nothing is gained by
    /// making it often.
    public var pollInterval: Duration { .seconds(3) }

    public func resume(_ handles: [Handle]) async {
        for handle in handles {
            guard let swarm = try? SwarmHandle(handle), let session = swarm.session else { continue }
            accelerators.resume(swarm.leases, of: session)
        }
    }

    public func configured(by options: [JSONValue]) async {
        for options in options {
            guard let host = try? clusters.host(in: options) else { continue }
            _ = clusters.cluster(at: host)
        }
    }

    /// The cluster that a handle names.
    func cluster(of handle: SwarmHandle) -> SwarmCluster {
        clusters.cluster(at: handle.cluster)
    }
}

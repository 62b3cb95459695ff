import Logging
import MultipleSpawner
import Synchronization

/// The swarms that are known: the daemon's own, and those that templates name.
final class SwarmClusters: Sendable {
    let configuration: SwarmConfiguration
    private let known: Mutex<[DockerHost: SwarmCluster]>
    private let log = Logger(label: "multiplespawner.swarm")

    init(_ configuration: SwarmConfiguration) {
        self.configuration = configuration
        known = Mutex([:])
        _ = cluster(at: nil)
    }

    /// - Parameter host: `nil`: the daemon's own.
    func cluster(at host: DockerHost?) -> SwarmCluster {
        let host = host ?? configuration.host
        return known.withLock { known in
            if let cluster = known[host] { return cluster }
            let cluster = SwarmCluster(host, configuration, log: log)
            known[host] = cluster
            return cluster
        }
    }

    /// Every swarm that somebody has named so far.
    var all: [SwarmCluster] { known.withLock { Array($0.values) } }
}

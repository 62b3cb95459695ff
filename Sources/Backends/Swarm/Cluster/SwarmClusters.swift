import Logging
import MultipleSpawner
import Synchronization

/// The swarms that are known: the daemon's own, and those that templates name.
final class SwarmClusters: Sendable {
    private struct State {
        var known: [DockerHost: SwarmCluster] = [:]
        var listeners: [Int: AsyncStream<SwarmCluster>.Continuation] = [:]
        var lastListener = 0
    }

    let configuration: SwarmConfiguration
    private let state = Mutex(State())
    private let log = Logger(label: "multiplespawner.swarm")

    init(_ configuration: SwarmConfiguration) {
        self.configuration = configuration
        _ = cluster(at: nil)
    }

    /// The managers that options name; `nil`: the daemon's own.
    func host(in options: JSONValue) throws(SpawnError) -> DockerHost? {
        guard options["docker_host"] != nil || options["tls_config"] != nil else { return nil }
        return try DockerHost(options: options, environment: configuration.environment)
    }

    /// - Parameter host: `nil`: the daemon's own.
    func cluster(at host: DockerHost?) -> SwarmCluster {
        let host = host ?? configuration.host
        return state.withLock { state in
            if let cluster = state.known[host] { return cluster }
            let cluster = SwarmCluster(host, configuration, log: log)
            state.known[host] = cluster
            for listener in state.listeners.values { listener.yield(cluster) }
            return cluster
        }
    }

    /// Every swarm that somebody has named so far.
    var all: [SwarmCluster] { state.withLock { Array($0.known.values) } }

    /// Every swarm that is known, and each that becomes known.
    func arrivals() -> AsyncStream<SwarmCluster> {
        AsyncStream { continuation in
            let key = state.withLock { state in
                for cluster in state.known.values { continuation.yield(cluster) }
                state.lastListener += 1
                state.listeners[state.lastListener] = continuation
                return state.lastListener
            }
            continuation.onTermination = { _ in
                self.state.withLock { _ = $0.listeners.removeValue(forKey: key) }
            }
        }
    }
}

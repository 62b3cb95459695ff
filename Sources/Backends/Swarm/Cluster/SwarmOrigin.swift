import MultipleSpawner

/// The swarm that a service was made in. The daemon's own swarm has no name that would tell it from another one: its
/// settings, or the environment, may lead elsewhere one day.
struct SwarmOrigin: Sendable, Hashable, Codable {
    /// Docker's id of the swarm.
    var id: String
    /// The managers through which it was reached.
    var host: String
}

extension SwarmCluster {
    /// The swarm that the managers are in now, as it was at most some seconds ago.
    func origin() async throws -> SwarmOrigin {
        SwarmOrigin(id: try await swarmIDs.recent(within: .seconds(10)).value, host: host.description)
    }

    /// Checks that this is where something was made. What another swarm does not have says nothing about it.
    ///
    /// A swarm that was made anew behind the same address is no other place: what was there is gone.
    ///
    /// - Throws: `unavailable` where it is another swarm; `DockerError` where nobody could be asked.
    func requireOrigin(_ origin: SwarmOrigin?) async throws {
        guard let origin, origin.host != host.description else { return }
        guard try await swarmIDs.fresh().value != origin.id else { return }
        throw SpawnError(
            .unavailable,
            "it was started in the swarm at \(origin.host.excerpt), and the daemon now asks another one at \(host); set "
                + "'docker_host' back until it has ended")
    }
}

import Logging
public import MultipleSpawner

extension SwarmBackend {
    public func stop(_ handle: Handle, grace: Duration) async throws {
        let swarm = try SwarmHandle(handle)
        let cluster = cluster(of: swarm)
        do {
            try await cluster.requireOrigin(swarm.origin)
            guard let session = swarm.session else {
                return try await cluster.removeOriginal(swarm.service, grace: grace)
            }
            let removed = try await cluster.remove(session, grace: grace)
            accelerators.release(of: session)
            cluster.forget(session)
            try await removeVolumes(of: swarm, removed, in: cluster)
        } catch let error as DockerError {
            if error.isCancelled { throw CancellationError() }
            throw error.spawnError(doing: "stopping the service '\(swarm.service.excerpt)'")
        }
    }

    /// What lasts longer than a passing fault must not hold up the user's next start: it is told, with where they are.
    private func removeVolumes(
        of swarm: SwarmHandle, _ removed: SwarmCluster.Removal, in cluster: SwarmCluster
    ) async throws {
        guard let session = swarm.session, let hub = swarm.hub, !swarm.volumes.isEmpty else { return }
        let nodes = removed.nodes.union(swarm.nodes)
        // Where no node ever had the container, none has its volumes.
        if nodes.isEmpty, removed.wasSeen || swarm.id == nil { return }
        do {
            try await cluster.removeVolumes(swarm.volumes, of: session, hub: hub, on: nodes, image: swarm.image)
        } catch let error as DockerError where error.mayPass || error.isCancelled {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // There was nothing else to end: whoever asked for it has to know.
            if swarm.id == nil && !removed.wasSeen { throw error }
            log.error(
                "volumes are not removed; remove them on these nodes with `docker volume rm`",
                metadata: [
                    "session": "\(session.rawValue)", "volumes": "\(swarm.volumes)", "nodes": "\(nodes.sorted())",
                    "reason": "\(error)",
                ])
        }
    }
}

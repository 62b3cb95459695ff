public import MultipleSpawner

extension SwarmBackend {
    public func stop(_ handle: Handle, grace: Duration) async throws {
        let swarm = try SwarmHandle(handle)
        let cluster = cluster(of: swarm)
        do {
            guard let session = swarm.session else {
                return try await cluster.delete("services", swarm.service)
            }
            let nodes = try await cluster.remove(session, grace: grace, files: swarm.hasFiles)
            if !swarm.volumes.isEmpty, let hub = swarm.hub {
                try await cluster.removeVolumes(
                    swarm.volumes, of: session, hub: hub, on: nodes.union(swarm.nodes), image: swarm.image)
            }
            accelerators.release(of: session)
        } catch let error as DockerError {
            if error.isCancelled { throw CancellationError() }
            throw error.spawnError(doing: "stopping the service '\(swarm.service.excerpt)'")
        }
    }
}

public import MultipleSpawner

extension SwarmBackend {
    public func logs(_ handle: Handle, follow: Bool) async throws -> LogStream {
        let swarm = try SwarmHandle(handle)
        let cluster = cluster(of: swarm)
        do {
            guard let service = try await cluster.service(swarm.id ?? swarm.service), service.session == swarm.session
            else {
                throw SpawnError(.notFound, "the service '\(swarm.service.excerpt)' is gone, and its log with it")
            }
            let log = try await cluster.logs(of: service, ["follow": follow ? "true" : "false"])
            guard follow, let session = service.session else { return log }
            return FollowedLog(log, of: session, in: cluster).stream
        } catch let error as DockerError {
            throw error.spawnError(doing: "reading the log of '\(swarm.service.excerpt)'")
        }
    }
}

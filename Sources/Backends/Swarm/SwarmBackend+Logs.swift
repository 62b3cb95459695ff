import MultipleSpawner

extension SwarmBackend {
    public func logs(_ handle: Handle, follow: Bool) async throws -> LogStream {
        let swarm = try SwarmHandle(handle)
        let cluster = cluster(of: swarm)
        do throws(DockerError) {
            return try await cluster.logs(of: swarm.service, ["follow": follow ? "true" : "false"])
        } catch {
            throw error.spawnError(doing: "reading the log of '\(swarm.service.excerpt)'")
        }
    }
}

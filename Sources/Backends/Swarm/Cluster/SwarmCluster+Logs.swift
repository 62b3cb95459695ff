import MultipleSpawner

extension SwarmCluster {
    /// What the container of a service has written, both streams as they came.
    func logs(of service: SwarmService, _ query: [String: String]) async throws -> LogStream {
        let both = query.merging(["stdout": "true", "stderr": "true"]) { first, _ in first }
        return try await docker.log(
            DockerPath.joined(["services", service.id, "logs"]), query: both, hasTerminal: service.hasTerminal)
    }

    /// The end of what a session's container has written, for the error of a start; nothing where it cannot be had.
    func lastLines(of session: SessionID) async -> [String] {
        // Docker asks the node, which may not answer: the reason of the failure must not wait for that.
        await within(.seconds(5)) { await self.readLastLines(of: session) } ?? []
    }

    private func readLastLines(of session: SessionID) async -> [String] {
        guard let service = try? await services(of: session).first,
            let log = try? await logs(of: service, ["tail": "20"])
        else { return [] }
        let bytes = await log.beginning(ofAbout: 1 << 16)
        return String(decoding: bytes.suffix(1 << 14), as: UTF8.self).split(separator: "\n").suffix(20).map(String.init)
    }
}

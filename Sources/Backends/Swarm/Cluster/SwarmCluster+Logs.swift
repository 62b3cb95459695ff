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
        await withTaskGroup(of: [String].self) { group in
            group.addTask { await self.readLastLines(of: session) }
            group.addTask {
                try? await Task.sleep(for: .seconds(5))
                return []
            }
            defer { group.cancelAll() }
            return await group.next() ?? []
        }
    }

    private func readLastLines(of session: SessionID) async -> [String] {
        guard let service = try? await services(of: session).first,
            let log = try? await logs(of: service, ["tail": "20"])
        else { return [] }
        var bytes: [UInt8] = []
        do {
            for try await piece in log {
                bytes += piece
                if bytes.count > 1 << 16 { break }
            }
        } catch {
            // What came before it is better than nothing.
        }
        return String(decoding: bytes.suffix(1 << 14), as: UTF8.self).split(separator: "\n").suffix(20).map(String.init)
    }
}

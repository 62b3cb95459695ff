import MultipleSpawner

extension SwarmCluster {
    /// The services that carry the label of a session: one, or none.
    func services(of session: SessionID) async throws -> [SwarmService] {
        let filters: DockerFilters = ["label": ["\(ServiceLabels.session)=\(session.rawValue)"]]
        return try await docker.get("/services", query: ["filters": filters.text])
    }

    /// Every service of ours, whichever hub asked for it.
    func services() async throws -> [SwarmService] {
        let filters: DockerFilters = ["label": [ServiceLabels.hub]]
        return try await docker.get("/services", query: ["filters": filters.text])
    }

    /// The service of this name or id; `nil` where there is none.
    func service(_ name: String) async throws -> SwarmService? {
        do {
            return try await docker.get(DockerPath.joined(["services", name]))
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }

    /// The services with these ids, as many as there are.
    func services(ids: [String]) async throws -> [SwarmService] {
        let filters: DockerFilters = ["id": ids]
        return try await docker.get("/services", query: ["filters": filters.text])
    }

    /// The tasks of services that are there; Docker refuses to tell where one is not.
    func tasks(ofServices ids: [String]) async throws -> [SwarmTask] {
        guard !ids.isEmpty else { return [] }
        let filters: DockerFilters = ["service": ids]
        return try await docker.get("/tasks", query: ["filters": filters.text])
    }

    func configs(of session: SessionID? = nil) async throws -> [SwarmFile] { try await files("/configs", session) }

    func secrets(of session: SessionID? = nil) async throws -> [SwarmFile] { try await files("/secrets", session) }

    func files(_ path: String, _ session: SessionID?) async throws -> [SwarmFile] {
        let label = session.map { "\(ServiceLabels.session)=\($0.rawValue)" } ?? ServiceLabels.session
        let filters: DockerFilters = ["label": [label]]
        return try await docker.get(path, query: ["filters": filters.text])
    }

    /// Deletes something; that it is gone already is as good.
    func delete(_ components: String..., query: [String: String] = [:]) async throws {
        do {
            try await docker.delete(DockerPath.joined(components), query: query)
        } catch {
            guard error.isNotFound else { throw error }
        }
    }

    /// Why a server did not come to run, with the end of its log where it has one.
    func failed(_ session: SessionID, _ reason: String) async -> SpawnError {
        // An engine that has just been started, or is busy with mounts, refuses what it will take a moment later.
        let isPassing = ["swarm is not active", "device or resource busy"].contains(where: reason.contains)
        let code: SpawnError.Code = isPassing ? .unavailable : .backendFailed
        return SpawnError(code, "Docker: \(reason)", details: await lastLines(of: session))
    }

    /// Why a server ended before it answered, with the end of its log.
    func ended(_ session: SessionID, code: Int32, problem: String?) async -> SpawnError {
        let reason = problem.map { "Docker: \($0)" } ?? "the server ended with status \(code) before it answered"
        return SpawnError(.backendFailed, reason, details: await lastLines(of: session))
    }
}

import MultipleSpawner

/// What Docker answers when it has made something.
struct Created: Decodable, Sendable {
    let id: String

    private enum CodingKeys: String, CodingKey {
        case id = "ID"
    }
}

extension SwarmCluster {
    /// The ids of configs or secrets by their names, which have to be exactly these. What was made for a session is no
    /// other's to name.
    ///
    /// - Parameter kind: `configs` or `secrets`.
    func ids(of names: [String], in kind: String) async throws -> [String: String] {
        guard !names.isEmpty else { return [:] }
        // Docker's filter takes the beginning of a name for the name.
        let filters: DockerFilters = ["name": names]
        let files: [SwarmFile] = try await docker.get("/\(kind)", query: ["filters": filters.text])
        return Dictionary(
            files.filter { names.contains($0.name) && $0.labels[ServiceLabels.session] == nil }.map {
                ($0.name, $0.id)
            }, uniquingKeysWith: { first, _ in first })
    }

    private func unlessTaken<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value? {
        do {
            return try await work()
        } catch let error as DockerError where error.isConflict {
            return nil
        }
    }

    /// Makes a config or a secret of a session, unless an earlier call, whose answer was lost, has made it.
    ///
    /// - Returns: its id.
    func make(_ file: StoredFile, in kind: String, for session: SessionID) async throws -> String {
        let made: Created? = try await unlessTaken { try await docker.post("/\(kind)/create", body: file) }
        if let made { return made.id }
        guard let found = try await files("/\(kind)", session).first(where: { $0.name == file.name }) else {
            throw SpawnError(
                .conflict, "Docker has something in \(kind) with the name '\(file.name)' that is not ours; remove it")
        }
        return found.id
    }
}

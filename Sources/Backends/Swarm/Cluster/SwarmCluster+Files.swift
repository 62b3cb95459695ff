import MultipleSpawner

extension SwarmCluster {
    /// The ids of configs or secrets by their names, which have to be exactly these.
    ///
    /// - Parameter kind: `configs` or `secrets`.
    func ids(of names: [String], in kind: String) async throws -> [String: String] {
        guard !names.isEmpty else { return [:] }
        // Docker's filter takes the beginning of a name for the name.
        let filters: DockerFilters = ["name": names]
        let files: [SwarmFile] = try await docker.get("/\(kind)", query: ["filters": filters.text])
        return Dictionary(
            files.filter { names.contains($0.name) }.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
    }

    /// Makes a config or a secret of a session, unless an earlier call, whose answer was lost, has made it.
    ///
    /// - Returns: its id.
    func make(_ file: StoredFile, in kind: String, for session: SessionID) async throws -> String {
        struct Made: Decodable {
            let id: String

            private enum CodingKeys: String, CodingKey {
                case id = "ID"
            }
        }
        do throws(DockerError) {
            let made: Made = try await docker.post("/\(kind)/create", body: file)
            return made.id
        } catch where error.isConflict {
            let own = kind == "configs" ? try await configs(of: session) : try await secrets(of: session)
            guard let found = own.first(where: { $0.name == file.name }) else { throw error }
            return found.id
        }
    }
}

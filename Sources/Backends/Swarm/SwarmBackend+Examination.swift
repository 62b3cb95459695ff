public import MultipleSpawner

extension SwarmBackend {
    /// Whether a session with these options could be served now: the engine, the swarm, what the options name, and
    /// which ways lead to its containers from here.
    public func examine(_ options: JSONValue) async -> [Finding] {
        do {
            let cluster = clusters.cluster(at: try clusters.host(in: options))
            return await SwarmExamination(
                options: try SwarmOptions(options, user: nil), images: Self.menu(of: options).images.map(\.image),
                cluster: cluster,
                credentials: try await clusters.configuration.logins.read()
            ).findings()
        } catch {
            return [Finding(.failed, "swarm: options", error.message)]
        }
    }
}

public import MultipleSpawner

extension OCIProvider {
    public func census() async throws -> [OwnedMachine] {
        let client = try await client()
        return try await told("the list of our machines") {
            let key = CloudTags.key("installation", OCIClient.tagSeparator)
            let found = try await client.instances(until: .now + .seconds(60)) {
                $0.isLiving && $0.tags[key] == site.installation
            }
            return try found.map { instance throws(SpawnError) in
                let tags = CloudTags(instance.tags, OCIClient.tagSeparator)
                let lease = CloudLease(
                    token: tags.token, region: client.place.region, endpoint: settings.endpoint,
                    compartment: client.compartment, machine: instance.id)
                return OwnedMachine(
                    token: tags.token, session: tags.session, user: tags.user,
                    lease: try Lease(lease, by: Self.kind), description: "\(instance)")
            }
        }
    }

    /// What is known without asking: whether there is a key, and the largest machine that was seen.
    public func availability() async -> Availability {
        do {
            _ = try await identities.current()
        } catch {
            return Availability(problem: error.message)
        }
        guard let options = try? OCIMachineOptions(settings.machine) else { return Availability() }
        let shapes =
            options.shape.map { name in self.shapes.known.filter { $0.name == name } }
            ?? options.allowed(of: self.shapes.known)
        let memory = shapes.map { $0.flexibility?.memory.upperBound ?? $0.memory }.max()
        return Availability(
            memory: memory.map { Int(min($0, 1e6) * Double(ResourceSpecification.gibibyte)) },
            cpu: shapes.map { $0.flexibility?.cores.upperBound ?? $0.cores }.max(), gpu: shapes.map(\.gpu).max())
    }
}

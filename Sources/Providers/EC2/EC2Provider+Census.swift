public import MultipleSpawner

extension EC2Provider {
    public func census() async throws -> [OwnedMachine] {
        let client = try await client()
        let name = "tag:" + CloudTags.key("installation", EC2Client.tagSeparator)
        return try await told("the list of our machines") {
            let found = try await client.instances([(name, [site.installation])], until: .now + Self.patience)
            return try found.filter(\.isLiving).map { instance throws(SpawnError) in
                let tags = CloudTags(instance.tags, EC2Client.tagSeparator)
                let lease = CloudLease(
                    token: tags.token, region: client.place.region, endpoint: settings.endpoint, machine: instance.id)
                return OwnedMachine(
                    token: tags.token, session: tags.session, user: tags.user,
                    lease: try Lease(lease, by: Self.kind), description: "\(instance)")
            }
        }
    }

    /// What is known without asking: whether there are credentials, and the largest machine that was seen.
    public func availability() async -> Availability {
        do {
            _ = try await credentials.current()
        } catch {
            let error = SpawnError(wrapping: error, "the credentials cannot be read")
            return Availability(problem: error.message)
        }
        guard let options = try? EC2MachineOptions(settings.machine) else { return Availability() }
        let sizes =
            options.type.map { type in types.known.filter { $0.name == type } } ?? options.allowed(of: types.known)
        return Availability(
            memory: sizes.map(\.memory).max(), cpu: sizes.map(\.cpu).max(), gpu: sizes.map(\.gpu).max())
    }

    /// How long a question that nobody's start waits for may take.
    static let patience = Duration.seconds(60)
}

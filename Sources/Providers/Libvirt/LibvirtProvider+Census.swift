public import MultipleSpawner

extension LibvirtProvider {
    public func census() async throws -> [OwnedMachine] {
        let found = try await host.ask("the list of our machines") { [site, settings] connection in
            try LibvirtDomain.all(at: connection).compactMap { domain throws -> (CloudTags, LibvirtLease, String)? in
                guard let text = try domain.metadata(), let tags = LibvirtMetadata.tags(text),
                    tags.installation == site.installation
                else { return nil }
                let lease = LibvirtLease(
                    token: tags.token, uuid: domain.uuid, name: domain.name, uri: settings.uri, pool: settings.pool,
                    grace: 0)
                return (tags, lease, "\(domain.name.excerpt) (\(try domain.state()))")
            }
        }
        return try found.map { tags, lease, description throws(SpawnError) in
            OwnedMachine(
                token: tags.token, session: tags.session, user: tags.user, lease: try Lease(lease, by: Self.kind),
                description: description)
        }
    }

    /// The memory that could be had now, and the host's cores: these are shared. It is asked again after some seconds.
    public func availability() async -> Availability {
        await lastAvailability.value {
            do {
                return try await host.ask("what is free", within: .seconds(5)) { connection in
                    let size = try connection.size()
                    return Availability(
                        memory: min(connection.freeMemory() ?? size.memory, size.memory), cpu: Double(size.cores),
                        gpu: settings.machine["gpu"]?.integerValue ?? 0)
                }
            } catch {
                return Availability(problem: SpawnError(wrapping: error, "libvirt cannot be asked").message)
            }
        }
    }
}

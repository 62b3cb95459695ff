import MultipleSpawner

extension EC2Client {
    /// Stands between our name and the name of a tag.
    static let tagSeparator = "."

    /// The machines that pass all filters, the oldest first. What was given back stays among them for about an hour.
    func instances(
        _ filters: [(name: String, values: [String])], until deadline: ContinuousClock.Instant
    ) async throws -> [EC2Instance] {
        var query = EC2Query()
        query.filters(filters)
        let reservations = try await pages("DescribeInstances", query, list: "reservationSet", until: deadline)
        return reservations.flatMap { $0.items("instancesSet") }.compactMap { EC2Instance($0) }
            .sorted { ($0.launched ?? 0, $0.id) < ($1.launched ?? 0, $1.id) }
    }

    func instances(of token: MachineToken, until deadline: ContinuousClock.Instant) async throws -> [EC2Instance] {
        let name = "tag:" + CloudTags.key("token", Self.tagSeparator)
        return try await instances([(name, [token.rawValue])], until: deadline)
    }

    /// `nil` where there is no such machine, or it is not shown yet.
    func instance(_ id: String, until deadline: ContinuousClock.Instant) async throws -> EC2Instance? {
        try await instances([("instance-id", [id])], until: deadline).first { $0.id == id }
    }

    /// What a lease is about: by the machine's name, and by the token.
    func instances(of lease: CloudLease, until deadline: ContinuousClock.Instant) async throws -> [EC2Instance] {
        var found: [EC2Instance] = []
        if let token = lease.token { found = try await instances(of: token, until: deadline) }
        if let id = lease.machine, !found.contains(where: { $0.id == id }),
            let named = try await instance(id, until: deadline)
        {
            found.append(named)
        }
        return found
    }

    /// Starts, stops or terminates machines.
    func change(_ action: String, _ ids: [String], until deadline: ContinuousClock.Instant) async throws {
        var query = EC2Query()
        query.list("InstanceId", ids)
        _ = try await call(action, query, until: deadline)
    }

    func tag(
        _ id: String, _ tags: [(key: String, value: String)], until deadline: ContinuousClock.Instant
    ) async throws {
        var query = EC2Query()
        query.list("ResourceId", [id])
        query.tags("Tag", tags)
        _ = try await call("CreateTags", query, until: deadline)
    }
}

extension Session {
    /// Makes the way into the machines, where the template asks for one.
    ///
    /// - Parameters:
    ///   - addresses: none where the machine is not there yet, and only a key is wanted.
    ///   - keys: host keys that the machine's owner vouches for.
    func access(
        _ plan: SessionPlan, to addresses: [MachineAddress], vouched keys: [String] = []
    ) async throws -> Credentials? {
        guard let wanted = plan.authenticator else { return nil }
        let authenticator = try registry.authenticator(wanted.kind)
        let checkpoint = GrantCheckpoint(
            save: { [self] grant in
                guard grant.kind == wanted.kind else {
                    throw SpawnError(
                        .internal, "the authenticator '\(wanted.kind.rawValue)' gave a grant of another's")
                }
                try await ledger.record(.granted(grant), for: id)
            },
            tell: { [self] message in await report(15, message) })
        try await ledger.record(
            .began(.authenticate), for: id,
            telling: EventFeed.Progress(percent: 10, message: "Making the way in to the machine"))
        let request = AccessRequest(
            session: plan.id, identity: plan.identity, options: wanted.options,
            machines: addresses, hostKeys: keys, lifetime: plan.lifetime,
            startTimeout: plan.startTimeout)
        return try await authenticator.prepare(request, checkpoint: checkpoint)
    }

    /// Takes the way away again.
    func closeAccess(_ record: SessionRecord?) async throws {
        guard let grant = record?.lifecycle.grant else { return }
        try await registry.authenticator(grant.kind).cleanup(grant)
    }
}

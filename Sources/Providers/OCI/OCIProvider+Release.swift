public import MultipleSpawner

extension OCIProvider {
    public func release(_ lease: Lease, _ manner: MachineEnd) async throws {
        let lease: CloudLease = try lease.decode()
        let client = try client(for: lease)
        try await told("giving back the machine \(lease.machine?.excerpt ?? lease.token?.rawValue ?? "without a name")")
        {
            switch manner {
            case .keep: return
            case .stop: try await stop(lease, client)
            case .destroy: try await destroy(lease, client)
            }
        }
    }

    /// The machines of the lease; none only when there are none.
    ///
    /// One that was asked for a moment ago may be there and not be shown yet. The list of the compartment says it: a
    /// machine that is asked for by its name and may not be seen looks like one that is gone.
    private func found(
        _ lease: CloudLease, _ client: OCIClient, until deadline: ContinuousClock.Instant
    ) async throws -> [OCIInstance] {
        var wait = CloudWait(until: .now + lease.settling(site.pace), pace: site.pace)
        while true {
            let found = try await client.instances(of: lease, until: deadline)
            if found.contains(where: \.isLiving) || wait.isOver { return found }
            try await wait.rest()
        }
    }

    private func destroy(_ lease: CloudLease, _ client: OCIClient) async throws {
        let deadline = ContinuousClock.now + site.pace.ending
        var instances = try await found(lease, client, until: deadline)
        var wait = CloudWait(until: deadline, pace: site.pace)
        while true {
            // Also what shows only now: whatever carries the token goes.
            for instance in instances where instance.isLiving {
                do {
                    try await client.terminate(instance.id, until: deadline)
                } catch let fault as CloudFault where fault.kind == .notFound || fault.kind == .wrongState {
                    // Gone meanwhile, or between two states: the next look tells.
                }
            }
            guard let rest = instances.first(where: { $0.state != .terminated }) else { return }
            guard !wait.isOver else {
                throw SpawnError(
                    .unavailable, "\(rest) is not gone after \(site.pace.ending); look at it in Oracle's console")
            }
            try await wait.rest()
            instances = try await client.instances(of: lease, until: deadline)
        }
    }

    private func stop(_ lease: CloudLease, _ client: OCIClient) async throws {
        let deadline = ContinuousClock.now + site.pace.ending
        var instances = try await found(lease, client, until: deadline)
        var wait = CloudWait(until: deadline, pace: site.pace)
        while true {
            for instance in instances where instance.state == .running {
                do {
                    try await client.action("SOFTSTOP", instance.id, until: deadline)
                } catch let fault as CloudFault where fault.kind == .notFound || fault.kind == .wrongState {
                    // The next look tells.
                }
            }
            // One that is being switched off goes on by itself.
            let rest = instances.first { instance in
                switch instance.state {
                case .stopping, .stopped, .terminating, .terminated: false
                case .moving, .provisioning, .starting, .running, .creatingImage, nil: true
                }
            }
            guard let rest else { return }
            guard !wait.isOver else {
                throw SpawnError(
                    .unavailable,
                    "\(rest) is not switched off after \(site.pace.ending); look at it in Oracle's console")
            }
            try await wait.rest()
            instances = try await client.instances(of: lease, until: deadline)
        }
    }
}

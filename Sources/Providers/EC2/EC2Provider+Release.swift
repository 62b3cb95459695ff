public import MultipleSpawner

extension EC2Provider {
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
    /// One that was asked for a moment ago may be there and not be shown yet.
    private func found(
        _ lease: CloudLease, _ client: EC2Client, until deadline: ContinuousClock.Instant
    ) async throws -> [EC2Instance] {
        var wait = CloudWait(until: .now + lease.settling(site.pace), pace: site.pace)
        while true {
            let found = try await client.instances(of: lease, until: deadline)
            if found.contains(where: \.isLiving) || wait.isOver { return found }
            try await wait.rest()
        }
    }

    private func destroy(_ lease: CloudLease, _ client: EC2Client) async throws {
        let deadline = ContinuousClock.now + site.pace.ending
        var instances = try await found(lease, client, until: deadline)
        var wait = CloudWait(until: deadline, pace: site.pace)
        while true {
            // Also what shows only now: whatever carries the token goes.
            let living = instances.filter(\.isLiving).map(\.id)
            if !living.isEmpty { try await terminate(living, client, until: deadline) }
            guard instances.contains(where: { $0.state != .terminated }) else { return }
            guard !wait.isOver else {
                let rest = instances.filter { $0.state != .terminated }.map(\.description).joined(separator: ", ")
                throw SpawnError(
                    .unavailable, "\(rest) is not gone after \(site.pace.ending); look at it in EC2's console")
            }
            // What was living a moment ago is looked at again, and be it only for its last state.
            try await wait.rest()
            instances = try await client.instances(of: lease, until: deadline)
        }
    }

    private func terminate(
        _ ids: [String], _ client: EC2Client, until deadline: ContinuousClock.Instant
    ) async throws {
        do {
            try await client.change("TerminateInstances", ids, until: deadline)
        } catch let fault as CloudFault where fault.kind == .notFound {
            // Gone meanwhile, or not there yet for this call: the next look tells.
        }
    }

    private func stop(_ lease: CloudLease, _ client: EC2Client) async throws {
        let deadline = ContinuousClock.now + site.pace.ending
        var instances = try await found(lease, client, until: deadline)
        var wait = CloudWait(until: deadline, pace: site.pace)
        while true {
            let running = instances.filter { $0.state == .running }.map(\.id)
            if !running.isEmpty {
                do {
                    try await client.change("StopInstances", running, until: deadline)
                } catch let fault as CloudFault where fault.kind == .wrongState || fault.kind == .notFound {
                    // The next look tells.
                }
            }
            // One that is being switched off goes on by itself.
            guard instances.contains(where: { $0.state == .running || $0.state == .pending || $0.state == nil }) else {
                return
            }
            guard !wait.isOver else {
                throw SpawnError(
                    .unavailable,
                    "\(instances[0]) is not switched off after \(site.pace.ending); look at it in EC2's console"
                )
            }
            try await wait.rest()
            instances = try await client.instances(of: lease, until: deadline)
        }
    }
}

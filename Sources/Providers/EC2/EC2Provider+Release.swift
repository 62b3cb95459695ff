public import MultipleSpawner

extension EC2Provider {
    public func release(_ lease: Lease, _ manner: MachineEnd) async throws {
        let lease: CloudLease = try lease.decode()
        let client = try client(for: lease)
        try await told("giving back the machine \(lease.machine?.excerpt ?? lease.token?.rawValue ?? "without a name")")
        {
            try await CloudRelease(cloud: client, lease: lease, pace: site.pace).run(manner)
        }
    }
}

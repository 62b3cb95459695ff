import MultipleSpawner

/// The way of a machine back to its cloud. It may be gone twice, and from any lease that was ever written down.
struct CloudRelease<Cloud: CloudMachines>: Sendable {
    let cloud: Cloud
    let lease: CloudLease
    let pace: CloudPace

    /// Returns when what was asked for is so.
    func run(_ manner: MachineEnd) async throws {
        switch manner {
        case .keep: return
        case .stop:
            try await look(
                until: "switched off", { $0.isOff }, asking: { $0.isRunning },
                to: { try await cloud.switchOff($0, until: $1) })
        case .destroy:
            // Also what shows only now: whatever carries the token goes.
            try await look(
                until: "gone", { $0.isGone }, asking: { $0.isLiving }, to: { try await cloud.terminate($0, until: $1) })
        }
    }

    private func look(
        until state: String, _ isDone: (Cloud.Instance) -> Bool, asking isAsked: (Cloud.Instance) -> Bool,
        to ask: ([Cloud.Instance], ContinuousClock.Instant) async throws -> Void
    ) async throws {
        let deadline = ContinuousClock.now + pace.ending
        var instances = try await found(until: deadline)
        var wait = CloudWait(until: deadline, pace: pace)
        while true {
            let asked = instances.filter(isAsked)
            if !asked.isEmpty {
                do {
                    try await ask(asked, deadline)
                } catch let fault as CloudFault where fault.kind == .notFound || fault.kind == .wrongState {
                    // Gone meanwhile, between two states, or not there yet for this call: the next look tells.
                }
            }
            let rest = instances.filter { !isDone($0) }
            guard !rest.isEmpty else { return }
            guard !wait.isOver else {
                throw SpawnError(
                    .unavailable,
                    "\(rest.map(\.description).joined(separator: ", ")) is not \(state) after \(pace.ending); look at it in "
                        + Cloud.console)
            }
            try await wait.rest()
            instances = try await cloud.instances(of: lease, until: deadline)
        }
    }

    /// The machines of the lease; none only when there are none.
    ///
    /// One that was asked for a moment ago may be there and not be shown yet.
    private func found(until deadline: ContinuousClock.Instant) async throws -> [Cloud.Instance] {
        var wait = CloudWait(until: .now + lease.settling(pace), pace: pace)
        while true {
            let found = try await cloud.instances(of: lease, until: deadline)
            if found.contains(where: \.isLiving) || wait.isOver { return found }
            try await wait.rest()
        }
    }
}

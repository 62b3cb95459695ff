import MultipleSpawner
import Transport

/// One way from a request to a machine that runs.
struct EC2Acquisition: Sendable {
    let provider: EC2Provider
    let client: EC2Client
    let wanted: MachineRequest
    let options: EC2MachineOptions
    let hostKey: SSHKeyPair?
    let deadline: ContinuousClock.Instant
    let checkpoint: LeaseCheckpoint

    private var pace: CloudPace { client.link.pace }

    /// - Returns: a machine that runs and has its address.
    func run() async throws -> EC2Instance {
        let known = try await client.instances(of: wanted.token, until: deadline)
        if let found = known.first(where: \.isLiving) { return try await use(found) }
        // EC2 knows a token for a day after its machine is gone: the next one is the same in every attempt.
        var count = known.count
        while true {
            let asked = CloudLease.now
            if let instance = try await make(retry: count, asked: asked) {
                do {
                    return try await ready(instance.id)
                } catch let gone as Gone {
                    // An answer may tell of a request of long ago, whose machine is gone.
                    guard let launched = instance.launched, launched < asked - 300 else { throw gone.error }
                }
            }
            count += 1
            guard count < known.count + 8 else {
                throw SpawnError(
                    .backendFailed,
                    "the token \(wanted.token.rawValue) was used for machines that are gone; start again")
            }
        }
    }

    private func lease() -> CloudLease {
        CloudLease(token: wanted.token, region: client.place.region, endpoint: provider.settings.endpoint)
    }

    /// A machine of an earlier call, or of an earlier session of its user.
    private func use(_ instance: EC2Instance) async throws -> EC2Instance {
        var lease = lease()
        lease.machine = instance.id
        try await checkpoint(Lease(lease, by: EC2Provider.kind))
        let tags = CloudTags(wanted, installation: wanted.installation).pairs(EC2Client.tagSeparator)
        if tags.contains(where: { instance.tags[$0.key] != $0.value }) {
            // A sweep must not take it for that of the session before.
            try await client.tag(instance.id, tags, until: deadline)
        }
        do {
            return try await ready(instance.id)
        } catch let gone as Gone {
            throw gone.error
        }
    }

    /// - Parameter retry: how many machines of this token there were before.
    /// - Returns: `nil` where the client token stands for one of those.
    private func make(retry: Int, asked: Int) async throws -> EC2Instance? {
        let image = try await client.image(options, until: deadline)
        let type: String =
            if let type = options.type { type } else {
                try await provider.types.smallest(
                    holding: wanted.resources, for: image, options, of: client, until: deadline
                ).name
            }
        let start = CloudInit(
            account: options.account, authorizedKeys: wanted.authorizedKeys, hostKey: hostKey,
            further: options.cloudInit)
        var tags = CloudTags(wanted, installation: wanted.installation).pairs(EC2Client.tagSeparator) + options.tags
        if !tags.contains(where: { $0.key == "Name" }) {
            tags.append(("Name", "multiplespawner-" + CloudTags.encode(wanted.identity.label).prefix(200)))
        }
        let launch = EC2Launch(options: options, image: image, type: type, tags: tags, userData: try start.text())
        let query = try launch.query(clientToken: wanted.token.rawValue + (retry > 0 ? "-\(retry)" : ""))
        var lease = lease()
        lease.asked = asked
        try await checkpoint(Lease(lease, by: EC2Provider.kind))
        await checkpoint.report("asking EC2 for a \(type.excerpt)")
        let instance: EC2Instance
        do {
            let answer = try await client.call("RunInstances", query, until: deadline)
            guard let made = answer.items("instancesSet").compactMap({ EC2Instance($0) }).first else {
                throw SpawnError(.backendFailed, "\(client.doing("RunInstances")) names no machine in its answer")
            }
            instance = made
        } catch let fault as CloudFault where fault.kind == .tokenUsed {
            // It was made by an earlier call, which asked for something else.
            guard fault.code != "IdempotentInstanceTerminated", let found = try await appeared() else { return nil }
            instance = found
        } catch let fault as CloudFault where fault.isRefusal {
            // Nothing was made: whoever undoes this need not wait for it to show.
            lease.asked = nil
            try await checkpoint(Lease(lease, by: EC2Provider.kind))
            throw fault
        }
        lease.machine = instance.id
        try await checkpoint(Lease(lease, by: EC2Provider.kind))
        return instance
    }

    /// The machine that the client token stands for, once EC2 shows it.
    private func appeared() async throws -> EC2Instance? {
        // Longer than for a machine that may not be: this one was made.
        var wait = CloudWait(until: min(deadline, .now + pace.settling * 3), pace: pace)
        while true {
            let found = try await client.instances(of: wanted.token, until: deadline)
            if let living = found.first(where: \.isLiving) { return living }
            guard !wait.isOver else { return nil }
            try await wait.rest()
        }
    }

    // MARK: Until it runs

    /// It will not come any more.
    private struct Gone: Error {
        let error: SpawnError
    }

    private func ready(_ id: String) async throws -> EC2Instance {
        var wait = CloudWait(until: deadline, pace: pace)
        let shown = ContinuousClock.now + pace.settling
        var told: EC2Instance.State?
        var looksWithoutAddress = 0
        var last = "not shown by EC2"
        while true {
            let instance: EC2Instance?
            do {
                instance = try await client.instance(id, until: deadline)
            } catch let fault as CloudFault where fault.kind == .late {
                throw late(id, last)
            }
            if let instance {
                last = "'\(instance.state?.rawValue ?? "in a state that is not known")'"
                if instance.state == .running, options.address(of: instance) != nil { return instance }
                try await move(instance, &looksWithoutAddress)
                if let state = instance.state, state != told {
                    told = state
                    await checkpoint.report(Self.progress(state, instance))
                }
            } else if ContinuousClock.now > shown {
                throw Gone(
                    error: SpawnError(.unavailable, "the machine \(id.excerpt) is not there any more; start again"))
            }
            guard !wait.isOver else { throw late(id, last) }
            try await wait.rest()
        }
    }

    private func late(_ id: String, _ last: String) -> SpawnError {
        SpawnError(
            .timedOut,
            "the machine \(id.excerpt) does not run within \(wanted.startTimeout); it is \(last); give it more time, or look "
                + "at it in EC2's console")
    }

    /// Does what the machine needs to go on.
    private func move(_ instance: EC2Instance, _ looksWithoutAddress: inout Int) async throws {
        switch instance.state {
        case .stopped:
            do {
                try await client.change("StartInstances", [instance.id], until: deadline)
            } catch let fault as CloudFault where fault.kind == .wrongState {
                // It is on its way to another state: the next look tells.
            }
        case .running:
            looksWithoutAddress += 1
            guard looksWithoutAddress < 5 else {
                throw SpawnError(
                    .backendFailed,
                    "\(instance) runs without a \(options.usesPrivateAddress ? "private" : "public") address; set "
                        + "'public_address' to true, or 'address' to private where we are in its network")
            }
        case .terminated, .shuttingDown:
            throw Gone(error: Self.end(of: instance))
        case .pending, .stopping, nil:
            break
        }
    }

    private static func end(of instance: EC2Instance) -> SpawnError {
        let reason = [instance.reasonCode, instance.reason].compactMap(\.self).joined(separator: ": ").cloudLine
        let isFull = reason.contains("InsufficientInstanceCapacity") || reason.contains("LimitExceeded")
        return SpawnError(
            isFull ? .overCapacity : .backendFailed,
            "\(instance) ended before it ran" + (reason.isEmpty ? "" : " (\(reason))"))
    }

    private static func progress(_ state: EC2Instance.State, _ instance: EC2Instance) -> String {
        switch state {
        case .pending: "the machine \(instance.id.excerpt) starts"
        case .running: "the machine \(instance.id.excerpt) runs and gets its address"
        case .stopping: "the machine \(instance.id.excerpt) is still being switched off"
        case .stopped: "the machine \(instance.id.excerpt) is switched on"
        case .terminated, .shuttingDown: "the machine \(instance.id.excerpt) is gone"
        }
    }
}

import MultipleSpawner

extension OCIAcquisition {
    /// Waits until the machine runs and has its address, and does what it needs for that.
    func ready(_ id: String) async throws -> Ready {
        var wait = CloudWait(until: deadline, pace: client.link.pace)
        let shown = ContinuousClock.now + client.link.pace.settling
        var told: OCIInstance.State?
        var looksWithoutAddress = 0
        var last = "not shown by the cloud"
        while true {
            do {
                if let instance = try await client.instance(id, until: deadline) {
                    last = instance.state?.rawValue ?? "in a state that is not known"
                    if instance.state == .running, let ready = try await reachable(instance, &looksWithoutAddress) {
                        return ready
                    }
                    try await move(instance)
                    if let state = instance.state, state != told {
                        told = state
                        await checkpoint.report("the machine \(instance.name.excerpt) is \(state.words)")
                    }
                } else if ContinuousClock.now > shown {
                    throw SpawnError(.unavailable, "the machine \(id.excerpt) is not there any more; start again")
                }
            } catch let fault as CloudFault where fault.kind == .late {
                throw late(id, last)
            }
            guard !wait.isOver else { throw late(id, last) }
            try await wait.rest()
        }
    }

    private func late(_ id: String, _ last: String) -> SpawnError {
        SpawnError(
            .timedOut,
            "the machine \(id.excerpt) does not run within \(wanted.startTimeout); it is \(last); give it more time, or look "
                + "at it in Oracle's console")
    }

    private func reachable(_ instance: OCIInstance, _ looksWithoutAddress: inout Int) async throws -> Ready? {
        let found = try await client.addresses(of: instance.id, until: deadline)
        if let found, let address = options.address(found) {
            return Ready(
                instance: instance, address: address, publicAddress: found.publicAddress,
                privateAddress: found.privateAddress)
        }
        // The network card may come later than the machine; the card's address does not.
        if found != nil { looksWithoutAddress += 1 }
        guard looksWithoutAddress < 10 else {
            throw SpawnError(
                .backendFailed,
                "\(instance) runs without a \(options.usesPrivateAddress ? "private" : "public") address; set "
                    + "'instance.assign_public_ip' to true, or 'address' to private where we are in its network")
        }
        return nil
    }

    private func move(_ instance: OCIInstance) async throws {
        switch instance.state {
        case .stopped:
            do {
                try await client.action("START", instance.id, until: deadline)
            } catch let fault as CloudFault where fault.kind == .wrongState {
                // It is on its way to another state: the next look tells.
            }
        case .terminating, .terminated:
            throw SpawnError(
                .backendFailed, "\(instance) ended before it ran; look at its work requests in the console")
        case .moving, .provisioning, .starting, .running, .stopping, .creatingImage, nil:
            break
        }
    }
}

extension OCIInstance.State {
    fileprivate var words: String {
        switch self {
        case .moving: "being moved"
        case .provisioning: "being made"
        case .starting: "starting"
        case .running: "running and gets its address"
        case .stopping: "still being switched off"
        case .stopped: "being switched on"
        case .creatingImage: "being copied"
        case .terminating, .terminated: "gone"
        }
    }
}

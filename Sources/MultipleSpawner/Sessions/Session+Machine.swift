extension Session {
    /// Gets the machine from its provider, where the template's has any to give, and waits until it answers.
    ///
    /// - Returns: the plan with the machine's values filled in, and the machine.
    func locate(_ plan: SessionPlan) async throws -> (SessionPlan, Machine?) {
        guard plan.machine != nil else { return (plan, nil) }
        // A new machine is given the keys that will open it.
        let keys = [try await access(plan, to: [])?.publicKey].compactMap(\.self)
        let token = try await machines.reserve(for: plan)
        do {
            try await ledger.record(.took(token), for: id)
        } catch {
            try await machines.leave(token, by: id, for: .interrupted)
            throw error
        }
        try await ledger.record(
            .began(.acquire), for: id,
            telling: EventFeed.Progress(percent: 5, message: "Getting a machine (\(plan.provider.excerpt))"))
        let machine = try await machines.acquire(token, for: plan, authorizedKeys: keys) { [self] message in
            await heard(8, message)
        }
        try Task.checkCancellation()
        let located = plan.located(on: machine)
        if type(of: backend).reachesDirectly(located.options) { try await reach(machine) }
        return (located, machine)
    }

    private func reach(_ machine: Machine) async throws {
        guard let isAnswering = registry.isAnswering, await !isAnswering(machine.address) else { return }
        try await ledger.record(
            .began(.reach), for: id,
            telling: EventFeed.Progress(percent: 10, message: "Waiting for \(machine.name.excerpt) to answer"))
        await heard(10, "the machine \(machine.name.excerpt) does not answer yet at \(machine.address)")
        // Nothing tells of a machine that has booted.
        var pause = Duration.milliseconds(100)
        while await !isAnswering(machine.address) {
            try await Task.sleep(for: pause)
            pause = min(pause * 3 / 2, .seconds(2))
        }
    }

    func giveBackMachine(_ record: SessionRecord?, _ reason: StopReason) async throws {
        guard let token = record?.lifecycle.machine else { return }
        try await machines.leave(token, by: id, for: reason)
    }
}

extension Session {
    /// Prepares the machine, one configurer after the other; what was applied there before is passed over.
    func configure(_ plan: SessionPlan, on machine: Machine?) async throws {
        guard !plan.configurers.isEmpty else { return }
        let address = try machine?.address ?? onlyMachine(of: plan)
        for (index, wanted) in plan.configurers.enumerated() {
            try Task.checkCancellation()
            let account = wanted.options["account"]?.stringValue ?? machine?.account
            guard let workplace = try await backend.workplace(for: plan, as: account) else {
                throw SpawnError(
                    .invalidRequest,
                    "the template '\(plan.template.excerpt)' has a configurer, and a server of '\(backend.kind.rawValue)' has "
                        + "no machine of its own to prepare; take the configurer out")
            }
            let preparation = Preparation(
                session: id, identity: plan.identity, options: await lateValues(plan).fill(wanted.options),
                written: wanted.written,
                machine: address, account: account, credentials: plan.credentials, shell: workplace.shell,
                limit: plan.startTimeout)
            try await apply(wanted.kind, preparation, at: workplace, number: index, of: plan)
        }
    }

    private func apply(
        _ kind: ConfigurerKind, _ wanted: Preparation, at workplace: Workplace, number: Int, of plan: SessionPlan
    ) async throws {
        let configurer = try registry.configurer(kind)
        let key = "\(plan.template) \(number) \(kind.rawValue) \(plan.identity.user)"
        let digest = try await configurer.digest(of: wanted)
        if let digest, await machines.digest(of: wanted.machine, by: key) == digest {
            return await report(18, "\(wanted.machine.host.excerpt) is prepared already")
        }
        // Whatever comes of it, the machine is not as it was noted any more.
        try await machines.note(nil, of: wanted.machine, by: key)
        try await ledger.record(
            .began(.configure), for: id,
            telling: EventFeed.Progress(percent: 15, message: "Preparing \(wanted.machine.host.excerpt)"))
        let checkpoint = TraceCheckpoint(
            save: { [self] trace in
                try await ledger.record(
                    .traced(
                        MachineTrace(
                            trace: trace, number: number, machine: wanted.machine, key: key, workplace: workplace.name)),
                    for: id)
            },
            tell: { [self] message in await heard(18, message) })
        try await configurer.apply(wanted, checkpoint: checkpoint)
        if let digest { try await machines.note(digest, of: wanted.machine, by: key) }
    }

    /// What the way in and the hub give a value.
    private func lateValues(_ plan: SessionPlan) async -> DeferredPlaceholders {
        var values = await registry.hubValues()
        values["auth_key"] = plan.credentials?.publicKey
        return DeferredPlaceholders(values)
    }

    /// A list of machines of which the backend chooses one cannot be prepared: nobody knows yet which.
    private func onlyMachine(of plan: SessionPlan) throws(SpawnError) -> MachineAddress {
        let machines = type(of: backend).machines(of: plan.options)
        guard let machine = machines.first, machines.count == 1 else {
            throw SpawnError(
                .invalidRequest,
                "the template '\(plan.template.excerpt)' has a configurer and names "
                    + (machines.isEmpty ? "no machine" : "\(machines.count) machines")
                    + "; let a provider of the kind 'static' choose one, and write '{endpoint}' for it")
        }
        return machine
    }

    /// Undoes what configurers left to be undone, the last first.
    func unconfigure(_ record: SessionRecord) async throws {
        for trace in record.lifecycle.traces.reversed() {
            try await machines.note(nil, of: trace.machine, by: trace.key)
            let shell = try await backend.shell(at: trace.workplace)
            try await registry.configurer(trace.trace.kind).cleanup(trace.trace, through: shell)
        }
    }
}

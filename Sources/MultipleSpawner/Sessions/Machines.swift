public import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// All machines that providers gave: which there are, who uses them, and what becomes of them.
///
/// What is about to be asked for is in the journal before anybody is asked, and stays there until it was given back.
public actor Machines {
    private let executor = SerialQueueExecutor(label: "multiplespawner.machines")
    let journal: any Journal
    let registry: Registry
    let installation: String
    let log: Logger
    /// One for each entry of `providers.json` that this build can make one of; an entry that is no good has its error.
    var providers: [String: Made] = [:]
    var records: [MachineToken: MachineRecord] = [:]
    var prepared: [MachineAddress: PreparedMachine] = [:]
    var drained: Set<DrainedHost> = []
    /// Machines that are being ended without a session, and when that failed last.
    var busy: Set<MachineToken> = []
    var failures: [MachineToken: Date] = [:]
    /// Sessions whose machine does not answer to let them end what they have there.
    private var surrendered: [MachineToken: Set<SessionID>] = [:]

    struct Made {
        let entry: ProviderEntry
        let provider: Result<any Provider, SpawnError>
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter installation: tells this daemon's machines from another one's.
    public init(
        journal: any Journal, registry: Registry, installation: String = "",
        log: Logger = Logger(label: "multiplespawner")
    ) {
        self.journal = journal
        self.registry = registry
        self.installation = installation
        self.log = log
    }

    // MARK: What the files give

    /// Told whenever the files were read. An entry that is as before keeps its provider, and what that learned.
    public func configure(by entries: [ProviderEntry]) async {
        var next: [String: Made] = [:]
        var new: [(String, any Provider)] = []
        for entry in entries {
            guard let maker = registry.providerMaker(entry.kind) else { continue }
            if let known = providers[entry.name], known.entry == entry, case .success = known.provider {
                next[entry.name] = known
                continue
            }
            let site = ProviderSite(
                name: entry.name, options: entry.options, capacity: entry.capacity, installation: installation)
            do throws(SpawnError) {
                let provider = try maker.make(site)
                next[entry.name] = Made(entry: entry, provider: .success(provider))
                new.append((entry.name, provider))
            } catch {
                log.error("a provider cannot serve", metadata: ["provider": "\(entry.name)", "error": "\(error)"])
                next[entry.name] = Made(entry: entry, provider: .failure(error))
            }
        }
        providers = next
        for (name, provider) in new {
            await provider.resume(records.values.filter { $0.provider == name }.compactMap(\.lease))
            for host in drained where host.provider == name {
                do {
                    try await provider.drain(host.host, true)
                } catch {
                    log.warning("a drained host is not there any more", metadata: ["host": "\(host.host.excerpt)"])
                }
            }
        }
    }

    func provider(_ name: String) throws(SpawnError) -> any Provider {
        guard let made = providers[name] else {
            throw SpawnError(
                .unavailable,
                "the provider '\(name.excerpt)' is not in providers.json any more; put it back, so that its machines can "
                    + "be given back")
        }
        return try made.provider.get()
    }

    private func lendsHosts(_ name: String) -> Bool {
        guard case .success(let provider)? = providers[name]?.provider else { return false }
        return type(of: provider).lendsHosts
    }

    // MARK: For a session

    /// The machine that a session gets: one of its user's own that nobody uses, or a new one. Nothing is asked for yet.
    func reserve(for plan: SessionPlan) throws(SpawnError) -> MachineToken {
        guard let wish = plan.machine else { throw SpawnError(.internal, "no machine is wanted") }
        let idle = records.values.filter { record in
            record.serves(
                plan.identity, provider: plan.provider, wish: wish.signature(for: plan.resources),
                isShared: wish.policy.isShared)
                && (record.sessions.isEmpty ? record.state == .ready || record.state == .off : wish.policy.isShared)
                && !record.isEnding
        }
        if let known = idle.min(by: { $0.created < $1.created }) {
            records[known.token]?.sessions.insert(plan.id)
            records[known.token]?.idleSince = nil
            return known.token
        }
        let record = MachineRecord(
            token: MachineToken(), provider: plan.provider, owner: plan.identity,
            wish: wish.signature(for: plan.resources), policy: wish.policy, created: Date(), sessions: [plan.id])
        records[record.token] = record
        return record.token
    }

    /// Asks the provider for the machine, or for it once more.
    func acquire(
        _ token: MachineToken, for plan: SessionPlan, authorizedKeys: [String],
        telling report: @escaping @Sendable (String) async -> Void
    ) async throws -> Machine {
        guard let wish = plan.machine, let record = records[token] else {
            throw SpawnError(.internal, "the machine \(token.rawValue) is not known")
        }
        let provider = try provider(record.provider)
        let entry = providers[record.provider]?.entry
        try save(token)
        let checkpoint = LeaseCheckpoint(
            save: { [self] lease in try await note(lease, of: token) }, tell: report)
        let request = MachineRequest(
            token: token, installation: installation, session: plan.id, identity: plan.identity,
            resources: plan.resources, options: wish.options, authorizedKeys: authorizedKeys,
            startTimeout: plan.startTimeout)
        let machine = try await provider.acquire(request, checkpoint: checkpoint)
        guard records[token]?.lease != nil else {
            throw SpawnError(.internal, "the provider '\(record.provider)' gave a machine without a lease")
        }
        records[token]?.machine = machine
        records[token]?.state = .ready
        try save(token)
        if let lease = records[token]?.lease, providers[record.provider]?.entry != entry {
            // The files were read anew meanwhile: the provider that serves now has not heard of this one.
            try await self.provider(record.provider).resume([lease])
        }
        return machine
    }

    private func note(_ lease: Lease, of token: MachineToken) throws {
        records[token]?.lease = lease
        try save(token)
    }

    /// A server of the session answered: from now on the machine is the user's, and its policy counts.
    func settle(_ token: MachineToken) throws {
        guard let record = records[token], !record.isSettled else { return }
        records[token]?.isSettled = true
        try save(token)
    }

    /// A session does not need its machine any more. With the last one, what the policy says becomes of it.
    func leave(_ token: MachineToken, by session: SessionID, for reason: StopReason) async throws {
        guard let record = records[token], record.sessions.contains(session) else { return }
        guard record.sessions == [session] else {
            records[token]?.sessions.remove(session)
            return try save(token)
        }
        try await end(token, record.manner(for: reason))
    }

    /// A session cannot end what it has on its machine, as that does not answer. When nobody else waits for more than that, and
    /// the machine is not to run on, it is given back or switched off as it is.
    ///
    /// - Returns: whether nothing runs there any more.
    func surrender(_ token: MachineToken, by session: SessionID, for reason: StopReason) async throws -> Bool {
        guard let record = records[token], record.sessions.contains(session) else { return true }
        surrendered[token, default: []].insert(session)
        let manner = record.manner(for: reason)
        // A host of a pool stays as it is: who has it next would find what runs there.
        guard manner != .keep, !lendsHosts(record.provider), record.sessions.isSubset(of: surrendered[token] ?? [])
        else { return false }
        try await end(token, manner)
        surrendered[token] = nil
        return true
    }

    /// Does with the machine what it says, and forgets it where it is gone. It may be done again after any failure.
    func end(_ token: MachineToken, _ manner: MachineEnd, at now: Date = Date()) async throws {
        guard let record = records[token] else { return }
        if manner != .keep, let lease = record.lease {
            records[token]?.state = .ending(manner)
            try save(token)
            try await provider(record.provider).release(lease, manner)
        }
        if manner == .destroy || record.lease == nil {
            if let address = record.machine?.address, !lendsHosts(record.provider) {
                try forgetPreparation(of: address)
            }
            try journal.append(.gone(token))
            records[token] = nil
            return
        }
        records[token]?.state = manner == .stop ? .off : .ready
        records[token]?.sessions = []
        records[token]?.idleSince = now
        try save(token)
    }

    // MARK: What was applied

    func digest(of machine: MachineAddress, by key: String) -> String? { prepared[machine]?.digests[key] }

    /// - Parameter digest: `nil` before it is applied anew, or after it was undone.
    func note(_ digest: String?, of machine: MachineAddress, by key: String) throws {
        guard prepared[machine]?.digests[key] != digest else { return }
        var known = prepared[machine] ?? PreparedMachine(address: machine)
        known.digests[key] = digest
        try journal.append(.prepared(known))
        prepared[machine] = known.digests.isEmpty ? nil : known
    }

    private func forgetPreparation(of machine: MachineAddress) throws {
        guard prepared[machine] != nil else { return }
        try journal.append(.prepared(PreparedMachine(address: machine)))
        prepared[machine] = nil
    }

    func save(_ token: MachineToken) throws {
        if let record = records[token] { try journal.append(.machine(record)) }
    }
}

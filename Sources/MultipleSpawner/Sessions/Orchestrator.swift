public import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// All sessions: takes requests, gives each a task, and finds them again after a restart.
public actor Orchestrator {
    /// How sessions are treated when nobody says otherwise.
    public struct Policy: Sendable {
        /// How long a server may take to end by itself.
        public var grace: Duration
        /// After how long a session that no hub asks after is ended.
        public var abandonedAfter: Duration
        /// The same for a session that no hub has ever taken over from its start.
        public var abandonedStartAfter: Duration
        /// Waits before what could not be undone is tried again: after one failure, after two, and so on. It throws where
        /// nobody is to try any more.
        public var undoPause: @Sendable (_ failures: Int) async throws -> Void
        /// How often a machine that is to be given back is asked to end what is on it, before it is given back as it is.
        public var undoPatience: Int

        public init(
            grace: Duration = .seconds(10), abandonedAfter: Duration = .seconds(86_400),
            abandonedStartAfter: Duration = .seconds(600), undoPatience: Int = 8,
            undoPause: @escaping @Sendable (_ failures: Int) async throws -> Void = {
                try await Task.sleep(for: .seconds(min(60, 1 << min($0 - 1, 6))))
            }
        ) {
            self.grace = grace
            self.abandonedAfter = abandonedAfter
            self.abandonedStartAfter = abandonedStartAfter
            self.undoPatience = undoPatience
            self.undoPause = undoPause
        }
    }

    public nonisolated let ledger: Ledger
    public nonisolated let admission: Admission
    public nonisolated let registry: Registry
    public nonisolated let machines: Machines
    /// What providers have free, as they said last.
    public nonisolated let rooms: Rooms
    private let plans: @Sendable (SessionRequest) throws -> [SessionPlan]
    let policy: Policy
    let log: Logger
    let clock = ContinuousClock()
    var controls: [SessionID: SessionControl] = [:]
    var askedAfter: [SessionID: ContinuousClock.Instant] = [:]
    /// Sessions that their hub has taken over: it has seen them run, or kept them.
    var claimed: Set<SessionID> = []
    var warned: [SessionID: Date] = [:]
    /// Sessions whose users were told that the hours of a quota run out.
    var warnedOfQuota: Set<SessionID> = []
    let renewals: Renewals
    /// What sessions used.
    public nonisolated let usage: UsageReader

    /// - Parameter plans: makes the plans for a request, from the catalogue that is in force: the first that can be carried
    ///   out is. There is at least one.
    public init(
        ledger: Ledger, admission: Admission, registry: Registry, policy: Policy = Policy(),
        installation: String = "",
        log: Logger = Logger(label: "multiplespawner"),
        plans: @escaping @Sendable (SessionRequest) throws -> [SessionPlan]
    ) {
        self.ledger = ledger
        self.admission = admission
        self.registry = registry
        self.policy = policy
        self.log = log
        self.plans = plans
        let machines = Machines(
            journal: ledger.journal, registry: registry, installation: installation, log: log)
        self.machines = machines
        rooms = Rooms { await machines.availability(of: $0) }
        usage = UsageReader(ledger: ledger)
        renewals = Renewals(ledger: ledger, registry: registry, log: log)
    }

    /// Takes up the sessions of the journal: watches those that run, goes on ending those that end, and undoes the
    /// starts that were cut off.
    ///
    /// Every backend is told first what of its own there is, and what the files give it.
    ///
    /// - Parameter catalogue: the one that is in force.
    public func recover(with catalogue: Catalogue? = nil) async throws {
        let restored = try await ledger.restore()
        try await machines.restore(for: Set(restored.map(\.id)))
        // A certificate may have run out while no daemon ran: the first look at a machine needs it.
        await renewals.renew(restored)
        for entry in registry.backends {
            guard let backend = entry.backend else { continue }
            await backend.resume(restored.filter { $0.backend == entry.kind }.compactMap(\.lifecycle.handle))
        }
        if let catalogue { await configure(by: catalogue) }
        for record in restored {
            guard let backend = try? registry.backend(record.backend) else {
                log.error("no backend for a session of the journal; it is left alone", metadata: metadata(record))
                continue
            }
            await admission.occupy(record.id, record.provider)
            // Only the hub has the environment and the token, so only the hub can start it again.
            let isCutOff = record.lifecycle.isUnfinishedStart
            let current = isCutOff ? try await ledger.record(.stopping(.interrupted), for: record.id) : record
            if case .running = current.lifecycle.phase { claimed.insert(record.id) }
            launch(current, plans: nil, on: backend)
        }
    }

    /// Tells every backend and every provider what the files give it, after they were read.
    public func configure(by catalogue: Catalogue) async {
        await machines.configure(by: catalogue.providers)
        await rooms.forget()
        for entry in registry.backends {
            await entry.backend?.configured(by: catalogue.options(of: entry.kind))
        }
    }

    /// Watches all backends until it is cancelled.
    public func watch() async {
        await withDiscardingTaskGroup { group in
            for entry in registry.backends {
                guard let backend = entry.backend else { continue }
                let watch = Watch(
                    backend: backend, log: log,
                    running: { await self.handles(of: backend.kind) },
                    ended: { await self.ended($0, $1) })
                group.addTask { await watch.run() }
            }
        }
    }

    /// Starts what the request asks for. Asking again with the same id starts nothing and tells how it is going.
    public func submit(_ request: SessionRequest) async throws -> SessionRecord {
        if let existing = await ledger[request.id], let answer = try await resume(existing, request) { return answer }
        let plans = await ranked(try plans(request))
        guard let plan = plans.first else { throw SpawnError(.internal, "there is no plan for the request") }
        let backend = try registry.backend(plan.backend)
        let record = SessionRecord(plan, groups: request.groups, created: Date())
        // A stop may come as soon as the session is known, which is before it is durable: there must be somebody to tell.
        let control = register(record.id)
        do {
            while true {
                switch try await ledger.open(record) {
                case .opened:
                    launch(record, plans: plans, on: backend)
                    return record
                case .existing(let existing):
                    guard existing.identity == request.identity else { throw belongsToAnother(request.id) }
                    unregister(record.id, control)
                    return existing
                case .occupied(let other):
                    try await waitForEnd(of: other, within: plan.startTimeout)
                }
            }
        } catch {
            unregister(record.id, control)
            throw error
        }
    }

    /// The plans in the order in which they are tried: where there is room first, then by price, then as they are written.
    private func ranked(_ plans: [SessionPlan]) async -> [SessionPlan] {
        guard plans.count > 1 else { return plans }
        var full: [String: Bool] = [:]
        // One that is slow to say what it has is as it was last.
        for (name, free) in await rooms.latest(of: plans.map(\.provider), within: .zero) {
            full[name] = await !admission.hasPlace(at: name) || free.sessions == 0 || free.problem != nil
        }
        return plans.enumerated().sorted { first, second in
            let (one, other) = (first.element, second.element)
            let (isFull, isOtherFull) = (full[one.provider] == true, full[other.provider] == true)
            guard isFull == isOtherFull else { return isOtherFull }
            let (cost, otherCost) = (one.costPerHour ?? 0, other.costPerHour ?? 0)
            guard cost == otherCost else { return cost < otherCost }
            return first.offset < second.offset
        }.map(\.element)
    }

    /// A server that is being stopped makes room; any other session of the same server is in the way.
    private func waitForEnd(of other: SessionRecord, within limit: Duration) async throws {
        if case .stopping = other.lifecycle.phase, let control = controls[other.id] {
            guard await control.isOver(within: limit) else {
                throw SpawnError(
                    .unavailable,
                    "the last server of \(other.identity.label.excerpt) is still being ended, for its machine cannot be "
                        + "reached; try again in a while")
            }
            return
        }
        guard await ledger[other.id]?.lifecycle.isLive == true else { return }
        throw SpawnError(
            .conflict,
            "\(other.identity.label.excerpt) has another session that is \(other.lifecycle.phase.name) "
                + "(\(other.id.rawValue)); stop it first")
    }

    /// The control by which a session that is about to be opened can be told to end; the known one if there is one.
    private func register(_ id: SessionID) -> SessionControl {
        if let known = controls[id] { return known }
        let control = SessionControl()
        controls[id] = control
        return control
    }

    /// Takes back a registration that no session came of.
    private func unregister(_ id: SessionID, _ control: SessionControl) {
        guard controls[id] === control, !control.isAttached else { return }
        control.markOver()
        controls[id] = nil
    }

    /// What to answer for an attempt that is known; `nil` when it is to be started afresh.
    ///
    /// A start that the daemon's own restart cut off is not the user's failure: once it is undone, the same attempt may
    /// begin again.
    private func resume(_ existing: SessionRecord, _ request: SessionRequest) async throws -> SessionRecord? {
        guard existing.identity == request.identity else { throw belongsToAnother(request.id) }
        touch(existing.id)
        guard existing.lifecycle.wasInterrupted else { return existing }
        await controls[existing.id]?.over()
        await ledger.drop(existing.id)
        return nil
    }

    /// Ends a session and returns when everything of it is undone. Ending it twice is no error.
    public func stop(_ id: SessionID, now: Bool = false) async throws -> SessionRecord {
        let record = await ledger[id]
        guard let control = controls[id] else {
            guard let record else { throw notFound(id) }
            guard record.lifecycle.isLive else { return record }
            throw SpawnError(
                .unavailable, "session \(id.rawValue) is of a backend that this daemon does not have; run one that does"
            )
        }
        let isStopping = control.reason != nil
        control.end(.asked, grace: now ? .zero : nil)
        if now, isStopping, let record, let handle = record.lifecycle.handle {
            // The stop that is under way waits for a longer grace; stopping twice, and at once, is no error.
            try await registry.backend(record.backend).stop(handle, grace: .zero)
        }
        await control.over()
        guard let ended = await ledger[id] ?? record else { throw notFound(id) }
        return ended
    }

    /// Takes over a session that is in no journal, from what its hub kept, when it really runs and really is that
    /// user's: the place is asked, and believed, and not the hub.
    public func adopt(_ record: SessionRecord) async throws -> SessionRecord {
        if let existing = await ledger[record.id] { return try claim(existing, as: record) }
        let backend = try registry.backend(record.backend)
        guard let given = record.lifecycle.handle, case .running(let endpoint) = record.lifecycle.phase,
            let handle = try await backend.confirm(given, of: record.id, for: record.identity),
            case .running? = await backend.poll([handle]).first?.state
        else { throw gone(record.identity) }
        var confirmed = record
        confirmed.lifecycle = SessionLifecycle(adopting: handle, at: endpoint)
        return try await takeOver(confirmed, on: backend)
    }

    /// Takes over the server that an original spawner's state means, as the session `id`.
    public func adopt(
        original state: JSONValue, as id: SessionID, for identity: SessionIdentity, lifetime: Lifetime
    ) async throws -> SessionRecord {
        for entry in registry.backends {
            guard let backend = entry.backend,
                let found = try await backend.adopt(original: state, for: identity)
            else { continue }
            let now = Date()
            let record = SessionRecord(
                id: id, identity: identity, template: entry.kind.rawValue, deployment: nil, provider: "local",
                resourceType: .bareMetal, resources: ResourceSpecification(), backend: entry.kind, lifetime: lifetime,
                created: now, started: now, expires: lifetime.minutes.map { now.addingTimeInterval(Double($0) * 60) },
                lifecycle: SessionLifecycle(adopting: found.handle, at: found.endpoint))
            return try await takeOver(record, on: backend)
        }
        throw gone(identity)
    }

    private func takeOver(_ record: SessionRecord, on backend: any Backend) async throws -> SessionRecord {
        let control = register(record.id)
        do {
            switch try await ledger.open(record) {
            case .opened:
                await admission.occupy(record.id, record.provider)
                launch(record, plans: nil, on: backend)
                claim(record.id)
                return record
            case .existing(let existing):
                unregister(record.id, control)
                return try claim(existing, as: record)
            case .occupied(let other):
                unregister(record.id, control)
                return other
            }
        } catch {
            unregister(record.id, control)
            throw error
        }
    }

    private func claim(_ existing: SessionRecord, as record: SessionRecord) throws -> SessionRecord {
        guard existing.identity == record.identity else { throw notFound(record.id) }
        claim(record.id)
        return existing
    }

    /// A hub says that it still knows these sessions. Those of other hubs, and unknown ones, are passed over.
    public func keep(_ ids: [SessionID], hub: String) async {
        for id in ids where await ledger[id]?.identity.hub == hub { claim(id) }
    }

    /// Whether a session is being taken care of, from the moment at which it is asked for.
    public func isKnown(_ id: SessionID) -> Bool { controls[id] != nil }

    /// Notes that somebody asked after a session.
    public func touch(_ id: SessionID) {
        guard controls[id] != nil else { return }
        askedAfter[id] = clock.now
    }

    private func claim(_ id: SessionID) {
        guard controls[id] != nil else { return }
        askedAfter[id] = clock.now
        claimed.insert(id)
    }

    private func launch(_ record: SessionRecord, plans: [SessionPlan]?, on backend: any Backend) {
        var log = log
        log[metadataKey: "session"] = "\(record.id.rawValue)"
        log[metadataKey: "user"] = "\(record.identity.label.excerpt)"
        log[metadataKey: "backend"] = "\(record.backend.rawValue)"
        let control = register(record.id)
        touch(record.id)
        let session = Session(
            record, pending: plans.map { PendingStart($0) }, backend: backend, registry: registry, ledger: ledger,
            machines: machines, admission: admission, control: control, policy: policy, log: log)
        control.attach(
            Task {
                await session.run()
                self.retire(record.id, control)
            })
    }

    private func retire(_ id: SessionID, _ control: SessionControl) {
        guard controls[id] === control else { return }
        controls[id] = nil
        askedAfter[id] = nil
        claimed.remove(id)
        warned[id] = nil
        warnedOfQuota.remove(id)
    }

    private func handles(of kind: BackendKind) async -> [Handle] {
        var handles: [Handle] = []
        for record in await ledger.allRecords() where record.backend == kind {
            if case .running = record.lifecycle.phase, let handle = record.lifecycle.handle {
                handles.append(handle)
            }
        }
        return handles
    }

    private func ended(_ handle: Handle, _ reason: StopReason) async {
        guard let id = await ledger.session(holding: handle), let control = controls[id] else { return }
        if case .failed(let failure) = reason, control.reason == nil {
            log.warning(
                "a server is lost", metadata: ["session": "\(id.rawValue)", "reason": "\(failure.message)"])
        }
        control.lost(handle, reason)
    }

    func notFound(_ id: SessionID) -> SpawnError {
        SpawnError(.notFound, "there is no session \(id.rawValue); it may be over already")
    }

    private func belongsToAnother(_ id: SessionID) -> SpawnError {
        SpawnError(.conflict, "session \(id.rawValue) belongs to somebody else; mint a new id")
    }

    private func gone(_ identity: SessionIdentity) -> SpawnError {
        SpawnError(.notFound, "the server of \(identity.label.excerpt) does not run any more; start it again")
    }

    func metadata(_ record: SessionRecord) -> Logger.Metadata {
        [
            "session": "\(record.id.rawValue)", "user": "\(record.identity.label.excerpt)",
            "backend": "\(record.backend.rawValue)",
        ]
    }
}

import Logging
import Synchronization

/// The life of one session, told from top to bottom: it is let in, started, watched, ended, undone.
///
/// `run` is one task. Cancelling it, in any step, undoes what was done.
///
/// A class, because thousands of these tasks sleep while servers run: what a suspended function holds, it holds in its
/// task, and a reference is the least.
final class Session: Sendable {
    let id: SessionID
    private let phase: SessionLifecycle.Phase
    /// What is to be started; `nil` for a session that is taken up: from the journal, or from a hub's memory.
    private let pending: PendingStart?
    private let place: Mutex<any Backend>
    /// Where authenticators are found.
    let registry: Registry
    let ledger: Ledger
    /// Where machines come from, and go to.
    let machines: Machines
    let admission: Admission
    let control: SessionControl
    let policy: Orchestrator.Policy
    let log: Logger
    /// What the backend gave last; the ledger has it, too, but for a refined one that nothing was written since.
    let handle: Mutex<Handle?>
    /// The last line that the backend told of a start: what it waited for, where the time ran out.
    private let lastReport = Mutex<String?>(nil)

    init(
        _ record: SessionRecord, pending: PendingStart?, backend: any Backend, registry: Registry, ledger: Ledger,
        machines: Machines, admission: Admission, control: SessionControl, policy: Orchestrator.Policy, log: Logger
    ) {
        id = record.id
        phase = record.lifecycle.phase
        self.pending = pending
        place = Mutex(backend)
        self.registry = registry
        self.ledger = ledger
        self.machines = machines
        self.admission = admission
        self.control = control
        self.policy = policy
        self.log = log
        handle = Mutex(record.lifecycle.handle)
    }

    /// Where the server is, or is to be.
    var backend: any Backend { place.withLock { $0 } }

    /// The start goes on with another backend, where nothing of it is yet.
    func moved(to backend: any Backend) {
        place.withLock { $0 = backend }
        handle.withLock { $0 = nil }
    }

    func run() async {
        let ending: StopReason
        switch phase {
        case .accepted, .queued, .starting:
            if let reason = await apart({ await self.begin() }) { ending = reason } else { ending = await watch() }
        case .running:
            ending = await watch()
        case .stopping(let reason):
            ending = reason
        case .stopped, .failed:
            return
        }
        // Whatever came of the start, it is over: its undoing, however long it takes, holds up no other.
        await admission.started(id)
        // Undoing must not be cut short by the cancellation that asked for it, so it has a task of its own.
        await Task { await undo(ending) }.value
        await admission.left(id)
        control.markOver()
    }

    /// Does the work in a task of its own, which is cancelled with this one.
    ///
    /// A task keeps the memory of its deepest moment until it ends. The start is deep and short, the watch shallow and
    /// long.
    private func apart(_ work: @escaping @Sendable () async -> StopReason?) async -> StopReason? {
        let task = Task { await work() }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Starts the server.
    ///
    /// - Returns: why there is nothing to watch; `nil` when it runs.
    private func begin() async -> StopReason? {
        guard let plans = pending?.take(), let plan = plans.first else { return control.reason ?? .interrupted }
        let clock = ContinuousClock()
        let began = clock.now
        let limit = plan.startTimeout
        let timer = Task { [self] in
            try await clock.sleep(for: limit)
            control.end(.failed(SessionFailure(Self.timeOut(limit, after: lastReport.withLock { $0 }))))
        }
        defer { timer.cancel() }
        do {
            try await start(firstOf: plans)
            log.info("session answers", metadata: ["seconds": "\(clock.now - began)"])
            return nil
        } catch {
            // A task that was cancelled throws whatever its last call made of that; the reason is what counts.
            if let reason = control.reason { return reason }
            let failure = SpawnError(wrapping: error, as: .backendFailed, "the start failed")
            log.warning("start failed", metadata: ["error": "\(failure)", "cause": "\(failure.cause ?? "-")"])
            return .failed(SessionFailure(failure))
        }
    }

    /// Waits until the session is to end.
    private func watch() async -> StopReason {
        await control.ending(of: handle.withLock { $0 })
    }

    /// The steps of a start, in their order.
    func start(_ plan: SessionPlan) async throws {
        try await admission.enter(id, user: plan.identity.user, provider: plan.provider) { [self] place in
            Task { await queued(at: place) }
        }
        try Task.checkCancellation()
        var (plan, machine) = try await locate(plan)
        plan.credentials = try await access(
            plan, to: machine.map { [$0.address] } ?? type(of: backend).machines(of: plan.options),
            vouched: machine?.hostKeys ?? [])
        try Task.checkCancellation()
        try await configure(plan, on: machine)
        try Task.checkCancellation()
        let endpoint = try await startServer(plan)
        await admission.started(id)
        if let token = await ledger[id]?.lifecycle.machine { try await machines.settle(token) }
        try await ledger.record(.answered(endpoint), for: id, holding: handle.withLock { $0 })
    }

    /// Starts the server and waits until it answers. A server that lost its address to somebody else is started again.
    private func startServer(_ plan: SessionPlan, attempts: Int = 3) async throws -> Endpoint {
        let checkpoint = Checkpoint(
            save: { [self] given in
                try await ledger.record(.checkpointed(given), for: id)
                handle.withLock { $0 = given }
            },
            refine: { [self] given in handle.withLock { $0 = given } },
            tell: { [self] message in await heard(40, message) })
        let beginning = EventFeed.Progress(
            percent: 20, message: "Starting the server (\(plan.template), \(plan.backend.rawValue))")
        for attempt in 1... {
            try await ledger.record(.began(.start), for: id, telling: beginning)
            do {
                let endpoint = try await backend.start(plan, checkpoint: checkpoint)
                try await answer(at: endpoint)
                return endpoint
            } catch let error as SpawnError where error.code == .unavailable && attempt < attempts {
                log.notice("starting again", metadata: ["reason": "\(error.message)"])
                await report(20, "Starting again: \(error.message)")
                if let handle = handle.withLock({ $0 }) { try await backend.stop(handle, grace: .zero) }
            }
        }
        throw SpawnError(.internal, "a start was attempted no times")
    }

    private func answer(at endpoint: Endpoint) async throws {
        guard let handle = handle.withLock({ $0 }) else {
            throw SpawnError(.internal, "the backend '\(backend.kind.rawValue)' started without a checkpoint")
        }
        guard try await !backend.isAnswering(handle, at: endpoint) else { return }
        if await ledger[id]?.lifecycle.handle != handle { try await ledger.record(.checkpointed(handle), for: id) }
        try await ledger.record(
            .began(.answer), for: id,
            telling: EventFeed.Progress(percent: 60, message: "The server is up; waiting for it to answer"))
        // Nothing tells of a port that opens; looking again soon at first, and then less often, costs little.
        var pause = Duration.milliseconds(1)
        while try await !backend.isAnswering(handle, at: endpoint) {
            try await Task.sleep(for: pause)
            pause = min(pause * 3 / 2, .milliseconds(100))
        }
    }

    private func queued(at place: Int) async {
        do {
            try await ledger.record(.queued, for: id)
        } catch {
            // It was let in before the place could be told.
            return
        }
        await report(5, "Waiting for a free place: number \(place) in the queue")
    }

    /// Tells what the start waits for. It is the reason that is given, should the time run out.
    func heard(_ percent: Int, _ message: String) async {
        lastReport.withLock { $0 = message }
        await report(percent, message)
    }

    func report(_ percent: Int, _ message: String) async {
        await ledger.report(EventFeed.Progress(percent: percent, message: message), for: id)
    }

    private static func timeOut(_ limit: Duration, after report: String?) -> SpawnError {
        SpawnError(
            .timedOut,
            "the server did not answer within \(limit.components.seconds) s; look at its log, or raise "
                + "Spawner.start_timeout" + (report.map { " (the last that was heard: \($0))" } ?? ""))
    }
}

import MultipleSpawner
import Synchronization

/// A promise that was not kept.
struct Violation: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// The scenario cannot be had with this backend.
struct NotArranged: Error {}

/// One session of a check.
final class Trial: Sendable {
    let backend: any Backend
    let plan: SessionPlan
    private let saved = Mutex<[Handle]>([])
    private let durable = Mutex<Handle?>(nil)

    init(_ backend: any Backend, _ plan: SessionPlan) {
        self.backend = backend
        self.plan = plan
    }

    /// Every handle that the start handed over.
    var handles: [Handle] { saved.withLock { $0 } }

    /// Starts it; `onSave` runs while the start waits for its checkpoint to be on disk.
    func start(onSave: @escaping @Sendable (Handle) async throws -> Void = { _ in }) async throws -> Endpoint {
        let checkpoint = Checkpoint(
            save: { handle in
                self.saved.withLock { $0.append(handle) }
                try await onSave(handle)
                self.durable.withLock { $0 = handle }
            },
            refine: { handle in self.saved.withLock { $0.append(handle) } })
        return try await backend.start(plan, checkpoint: checkpoint)
    }

    /// The handle of a start that returned.
    func lastHandle() throws -> Handle {
        guard let handle = handles.last else {
            throw Violation("start returned without a checkpoint: what it started could never be stopped")
        }
        return handle
    }

    /// The last handle that is on disk.
    func durableHandle() throws -> Handle {
        guard let handle = durable.withLock({ $0 }) else {
            throw Violation("start returned without a checkpoint on disk: a killed daemon would not find it")
        }
        return handle
    }

    func state(_ handle: Handle, by other: (any Backend)? = nil) async throws -> Observation.State {
        let observations = await (other ?? backend).poll([handle])
        guard observations.count == 1, observations[0].handle == handle else {
            throw Violation("poll of one handle gave \(observations.count) observations, or one of another handle")
        }
        return observations[0].state
    }

    /// What the census has of this session.
    func residents(by other: (any Backend)? = nil) async throws -> [Resident] {
        try await (other ?? backend).census().whole().filter { $0.session == plan.id }
    }

    /// Ends all that was ever checkpointed, and holds that nothing is left.
    func stopAll(grace: Duration = .seconds(2)) async throws {
        for handle in Set(handles) { try await backend.stop(handle, grace: grace) }
        try await requireGone()
    }

    func requireGone(by other: (any Backend)? = nil) async throws {
        for handle in Set(handles) where try await state(handle, by: other) == .running {
            throw Violation("after the stop had returned, poll still said that it runs")
        }
        if let left = try await residents(by: other).first {
            throw Violation("it is gone for the journal, and still there: \(left.description)")
        }
    }

    /// Whether nothing is left, or something that a stop with a checkpointed handle removes.
    func requireNothingOrStoppable() async throws {
        if handles.isEmpty {
            try await requireGone()
        } else {
            try await stopAll()
        }
    }
}

extension BackendContract {
    /// Runs a check with a session that is stopped at the end, whatever happened.
    func with(_ scenario: Scenario, _ body: (Trial) async throws -> Void) async throws {
        let id = try SessionID("contract-\(UInt64.random(in: 0 ... .max))")
        guard var plan = try makePlan(scenario, id) else { throw NotArranged() }
        guard plan.id == id else { throw Violation("the plan that was given has another id than was asked for") }
        plan.environment[Self.secretName] = Secret(Self.secret)
        let trial = Trial(backend, plan)
        do {
            try await body(trial)
        } catch {
            for handle in Set(trial.handles) { try? await backend.stop(handle, grace: .zero) }
            throw error
        }
        for handle in Set(trial.handles) { try await backend.stop(handle, grace: .zero) }
    }

    static let secretName = "CONTRACT_SECRET"
    static let secret = "contract-secret-7f1c9b"

    /// Asks until the answer is yes.
    func wait(_ what: String, _ isSo: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + patience
        while try await !isSo() {
            guard ContinuousClock.now < end else { throw Violation("\(what) did not happen within \(patience)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func answer(_ trial: Trial, _ handle: Handle, _ endpoint: Endpoint) async throws {
        try await wait("an answer of the server") { try await trial.backend.isAnswering(handle, at: endpoint) }
    }
}

import Synchronization

/// What is to be started, until somebody takes it.
///
/// A plan holds a user's token and environment. They are needed while a server starts and not while it runs, so the
/// session's task, which lives as long as the server, must not hold the plan itself.
final class PendingStart: Sendable {
    private let plan: Mutex<SessionPlan?>

    init(_ plan: SessionPlan) {
        self.plan = Mutex(plan)
    }

    /// Hands the plan over, once.
    func take() -> SessionPlan? {
        plan.withLock { plan in
            defer { plan = nil }
            return plan
        }
    }
}

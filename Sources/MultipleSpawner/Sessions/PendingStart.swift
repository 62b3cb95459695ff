import Synchronization

/// What is to be started, until somebody takes it: plans, of which the first that can be carried out is.
///
/// A plan holds a user's token and environment. They are needed while a server starts and not while it runs, so the
/// session's task, which lives as long as the server, must not hold the plan itself.
final class PendingStart: Sendable {
    private let plans: Mutex<[SessionPlan]?>

    init(_ plans: [SessionPlan]) {
        self.plans = Mutex(plans)
    }

    /// Hands the plans over, once.
    func take() -> [SessionPlan]? {
        plans.withLock { plans in
            defer { plans = nil }
            return plans
        }
    }
}

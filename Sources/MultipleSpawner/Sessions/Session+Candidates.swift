import Logging
import Synchronization

extension Session {
    /// Carries out the first of the plans that can be. What one of them left is undone before the next is tried.
    func start(firstOf plans: [SessionPlan]) async throws {
        for (plan, next) in zip(plans, plans.dropFirst().map(Optional.some) + [nil]) {
            do {
                return try await start(plan)
            } catch let error as SpawnError where error.mayGoBetterElsewhere {
                guard let next, control.reason == nil, !Task.isCancelled else { throw error }
                try await move(from: plan, to: next, because: error)
            }
        }
    }

    private func move(from plan: SessionPlan, to next: SessionPlan, because error: SpawnError) async throws {
        log.notice(
            "a start is tried elsewhere",
            metadata: [
                "reason": "\(error.message)", "provider": "\(next.provider)", "template": "\(next.template.excerpt)",
            ])
        await report(
            5,
            "\(plan.template.excerpt) (\(plan.provider.excerpt)) cannot serve: \(error.message); trying "
                + "\(next.template.excerpt) (\(next.provider.excerpt))")
        let record = await ledger[id]
        do {
            let reason = StopReason.failed(SessionFailure(error))
            try await clear(record, reason)
            try await closeAccess(record)
            try await giveBackMachine(record, reason)
        } catch let undoing {
            // It is undone with the session then, and the session has failed: two attempts at once must not be.
            log.error("an attempt cannot be undone yet", metadata: ["error": "\(undoing)"])
            throw error
        }
        moved(to: try registry.backend(next.backend))
        try await ledger.move(id, to: next)
        await admission.left(id)
    }
}

extension SpawnError {
    /// Whether another place may do what this one did not.
    var mayGoBetterElsewhere: Bool {
        switch code {
        case .overCapacity, .unavailable, .timedOut, .backendFailed: true
        default: false
        }
    }
}

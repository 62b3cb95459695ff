import Logging

extension Session {
    /// Undoes what the session left, however long its place cannot be reached, and writes down that it is done.
    func undo(_ reason: StopReason) async {
        for failures in 1... {
            do {
                if await ledger[id]?.lifecycle.isStopping == false {
                    try await ledger.record(.stopping(reason), for: id)
                }
                let record = await ledger[id]
                try await clear(record, reason, failures: failures)
                try await closeAccess(record)
                try await giveBackMachine(record, reason)
                try await ledger.record(.undone, for: id)
                log.info("session over", metadata: ["reason": "\(reason.name)"])
                return
            } catch {
                log.error("cannot undo yet; trying again", metadata: ["error": "\(error)", "failures": "\(failures)"])
                await report(0, "The place cannot be reached to stop the server; trying again")
            }
            do {
                try await policy.undoPause(failures)
            } catch {
                return
            }
        }
    }

    /// Ends what is on the machine, once. A machine that does not answer any more, and is to be given back or switched off all
    /// the same, takes what is on it along.
    ///
    /// - Parameter failures: how often that has failed before.
    func clear(_ record: SessionRecord?, _ reason: StopReason, failures: Int = 0) async throws {
        guard let record, !record.lifecycle.isCleared else { return }
        do {
            try await stopServer(record)
            try await unconfigure(record)
        } catch {
            guard failures >= policy.undoPatience, let token = record.lifecycle.machine,
                try await machines.surrender(token, by: id, for: reason)
            else { throw error }
            log.warning("the machine was given back as it was", metadata: ["error": "\(error)"])
            if let handle = record.lifecycle.handle { await backend.abandon(handle) }
        }
        // What comes next takes the way in away: whoever goes on from there, after a crash too, must not want to use it.
        if record.lifecycle.grant != nil || record.lifecycle.machine != nil {
            try await ledger.record(.cleared, for: id)
        }
    }

    private func stopServer(_ record: SessionRecord) async throws {
        if let handle = record.lifecycle.handle {
            try await backend.stop(handle, grace: control.grace ?? policy.grace)
        }
        if record.lifecycle.wasInterrupted {
            // The daemon was killed in the middle: what was not checkpointed yet can only be found by its label.
            for resident in try await backend.residents(of: id) {
                try await backend.stop(resident.handle, grace: .zero)
            }
        }
    }
}

import MultipleSpawner

/// One machine of a check.
struct MachineTrial: Sendable {
    let provider: any Provider
    let request: MachineRequest

    /// Asks for the machine; what it hands over is in `saved`.
    func acquire(_ saved: Saved<any Provider>) async throws -> Machine {
        let checkpoint = LeaseCheckpoint(save: { try await saved.save($0) })
        do {
            return try await provider.acquire(request, checkpoint: checkpoint)
        } catch let error as SpawnError where error.code == .overCapacity {
            throw NotChecked("there is no room for it: \(error.message)")
        }
    }

    /// The lease of a machine that was given.
    func lease(_ saved: Saved<any Provider>) throws -> Lease {
        guard let lease = saved.all.last else {
            throw Violation("a machine was given without a lease: it could never be given back")
        }
        return lease
    }

    /// What the census has of this machine.
    func owned(by other: (any Provider)? = nil) async throws -> [OwnedMachine] {
        try await (other ?? provider).census().filter { $0.token == request.token }
    }

    func requireGone(by other: (any Provider)? = nil) async throws {
        if let left = try await owned(by: other).first {
            throw Violation("it is gone for the journal, and still there: \(left.description)")
        }
    }

    /// Gives back with every lease that was handed over, and holds that nothing is left.
    func giveBack(_ saved: Saved<any Provider>) async throws {
        for lease in Set(saved.all) { try await provider.release(lease, .destroy) }
        try await requireGone()
    }
}

extension ProviderContract {
    /// Runs a check with a machine that is given back at the end, whatever happened.
    func with(
        _ saved: Saved<any Provider> = Saved(), _ body: (MachineTrial, Saved<any Provider>) async throws -> Void
    ) async throws {
        let token = MachineToken()
        let trial = MachineTrial(
            provider: provider,
            request: try makeRequest(token, try SessionID("contract-\(UInt64.random(in: 0 ... .max))")))
        guard trial.request.token == token else { throw Violation("the request that was given has another token") }
        do {
            try await body(trial, saved)
        } catch {
            for lease in Set(saved.all) { try? await provider.release(lease, .destroy) }
            throw error
        }
        for lease in Set(saved.all) { try await provider.release(lease, .destroy) }
    }
}

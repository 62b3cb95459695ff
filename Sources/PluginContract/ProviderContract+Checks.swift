import MultipleSpawner

extension ProviderContract {
    func checkLease() async throws {
        try await with { trial, saved in
            let machine = try await trial.acquire(saved)
            let lease = try trial.lease(saved)
            guard saved.all.allSatisfy({ $0.kind == provider.kind && $0.version >= 1 }) else {
                throw Violation(
                    "a lease names the provider '\(lease.kind.rawValue)', or has the version \(lease.version)")
            }
            guard (1...65535).contains(machine.address.port), !machine.address.host.isEmpty else {
                throw Violation("the machine is at '\(machine.address)', where nobody can log in")
            }
            for key in trial.request.authorizedKeys where saved.all.contains(where: { $0.payload.contains(key) }) {
                throw Violation("a lease holds a key of the request")
            }
            try await trial.giveBack(saved)
        }
    }

    func checkSameToken() async throws {
        try await with { trial, saved in
            let first = try await trial.acquire(saved)
            let again = try await trial.acquire(saved)
            guard first.address == again.address, first.name == again.name else {
                throw Violation(
                    "asked with the same token it gave \(first.name.excerpt), and then \(again.name.excerpt)")
            }
            let owned = try await trial.owned()
            guard owned.count <= 1 else { throw Violation("one token has \(owned.count) machines") }
            try await trial.giveBack(saved)
        }
    }

    func checkRefusedCheckpoint() async throws {
        for number in 1... {
            let saved = Saved<any Provider>(refusesAt: number)
            let isOver = try await refuse(saved, at: number)
            if isOver { return }
        }
    }

    /// - Returns: whether there are no more checkpoints than the one before.
    private func refuse(_ saved: Saved<any Provider>, at number: Int) async throws -> Bool {
        var isOver = false
        try await with(saved) { trial, saved in
            do {
                _ = try await trial.acquire(saved)
                guard saved.all.count < number else {
                    throw Violation("it went on although a lease could not be written down")
                }
                isOver = true
            } catch let error as SpawnError where error.message == "the journal is full" {
                // What was asked for.
            } catch let error as SpawnError {
                throw Violation("a lease that cannot be written down became another error: \(error.message)")
            }
            try await trial.giveBack(saved)
        }
        return isOver
    }

    func checkCancellation() async throws {
        // Before anything, and at each of the first checkpoints.
        for number in 0...3 {
            let saved = Saved<any Provider>(onSave: { if $0 == number { withUnsafeCurrentTask { $0?.cancel() } } })
            try await with(saved) { trial, saved in
                let task = Task {
                    if number == 0 { withUnsafeCurrentTask { $0?.cancel() } }
                    return try await trial.acquire(saved)
                }
                if case .failure(let error) = await task.result, error is NotChecked { throw error }
                try await trial.giveBack(saved)
            }
        }
    }

    func checkCensus() async throws {
        try await with { trial, saved in
            _ = try await trial.acquire(saved)
            let owned = try await trial.owned()
            guard owned.count == 1, let machine = owned.first else {
                throw Violation("the census listed a machine \(owned.count) times")
            }
            guard machine.session == nil || machine.session == trial.request.session,
                machine.user == nil || machine.user == trial.request.identity.user
            else { throw Violation("the census named another session or user than the machine was given to") }
            guard !machine.description.isEmpty, machine.lease.kind == provider.kind else {
                throw Violation("what the census listed has no description, or a lease of another provider")
            }
            // What no journal knows can only be given back by what the census says.
            try await provider.release(machine.lease, .destroy)
            try await trial.requireGone()
        }
    }

    func checkRelease() async throws {
        try await with { trial, saved in
            _ = try await trial.acquire(saved)
            let lease = try trial.lease(saved)
            for time in ["once", "twice"] {
                do {
                    try await provider.release(lease, .destroy)
                } catch {
                    throw Violation("giving it back \(time) was an error: \(error)")
                }
                try await trial.requireGone()
            }
        }
    }

    func checkAnyLease() async throws {
        try await with { trial, saved in
            _ = try await trial.acquire(saved)
            _ = try trial.lease(saved)
            // The oldest alone: what a daemon has that was killed right after it.
            if let first = saved.all.first { try await provider.release(first, .destroy) }
            try await trial.requireGone()
        }
    }

    func checkNeverMade() async throws {
        let saved = Saved<any Provider>(refusesAt: 2)
        try await with(saved) { trial, saved in
            do {
                _ = try await trial.acquire(saved)
            } catch is SpawnError {
                // The journal was full, before or after the machine was made.
            }
            guard let first = saved.all.first else { throw NotChecked("no lease is handed over first") }
            for manner in [MachineEnd.destroy, .destroy, .stop] {
                do {
                    try await provider.release(first, manner)
                } catch {
                    throw Violation("giving back what was never made (\(manner.rawValue)) was an error: \(error)")
                }
            }
            try await trial.requireGone()
        }
    }

    func checkSeparation() async throws {
        try await with { first, ofFirst in
            try await with { second, ofSecond in
                _ = try await first.acquire(ofFirst)
                _ = try await second.acquire(ofSecond)
                try await first.giveBack(ofFirst)
                guard try await second.owned().count == 1 else {
                    throw Violation("giving back one machine took another with it")
                }
                try await second.giveBack(ofSecond)
            }
        }
    }

    func checkOff() async throws {
        try await with { trial, saved in
            let machine = try await trial.acquire(saved)
            let lease = try trial.lease(saved)
            for manner in [MachineEnd.keep, .stop, .stop] { try await provider.release(lease, manner) }
            guard try await trial.owned().count == 1 else {
                throw Violation("a machine that was switched off is not in the census any more")
            }
            let again = try await trial.acquire(saved)
            guard again.name == machine.name else {
                throw Violation("a machine that was switched off came back as \(again.name.excerpt)")
            }
            try await trial.giveBack(saved)
        }
    }

    func checkRestart() async throws {
        try await with { trial, saved in
            _ = try await trial.acquire(saved)
            let lease = try trial.lease(saved)
            let restarted = try await restart()
            await restarted.resume([lease])
            guard try await trial.owned(by: restarted).count == 1 else {
                throw Violation("after a restart the census did not list the machine")
            }
            try await restarted.release(lease, .destroy)
            try await trial.requireGone(by: restarted)
            try await trial.requireGone()
        }
    }

    func checkUnreadable() async throws {
        let unreadable = Lease(kind: provider.kind, version: 1, payload: "{ not a lease")
        do {
            try await provider.release(unreadable, .destroy)
        } catch is SpawnError {
            return
        }
        throw Violation("a lease that cannot be read was said to be given back")
    }

    func checkAvailability() async throws {
        let free = await provider.availability()
        guard [free.sessions, free.memory, free.gpu].allSatisfy({ ($0 ?? 0) >= 0 }), (free.cpu ?? 0) >= 0 else {
            throw Violation("less than nothing is free")
        }
        if let problem = free.problem { throw Violation("it says that there is nothing: \(problem)") }
    }
}

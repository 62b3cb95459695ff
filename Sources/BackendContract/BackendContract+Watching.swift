import MultipleSpawner

extension BackendContract {
    func checkPoll() async throws {
        try await with(.plain) { first in
            try await with(.plain) { second in
                _ = try await (first.start(), second.start())
                let handles = [try first.lastHandle(), try second.lastHandle()]
                let asked = [handles[1], handles[0], handles[1]]
                var seen: [Observation] = []
                for _ in 0..<20 { seen = await backend.poll(asked) }
                guard seen.map(\.handle) == asked else {
                    throw Violation("poll answered for \(seen.count) of \(asked.count) handles, or in another order")
                }
                guard seen.allSatisfy({ $0.state == .running }) else {
                    throw Violation("after twenty polls a running session was \(seen.map(\.state))")
                }
                guard await backend.poll([]).isEmpty else { throw Violation("poll of nothing gave something") }
                try await first.stopAll()
                try await second.stopAll()
            }
        }
    }

    func checkUnknownIsNotDead() async throws {
        // A handle that cannot be read says nothing about its session.
        let unreadable = Handle(backend: backend.kind, version: 1, payload: "{ not a handle")
        guard case .unreachable? = await backend.poll([unreadable]).first?.state else {
            throw Violation("a handle that cannot be read was not answered with 'unreachable'")
        }
        try await with(.unreachable) { trial in
            _ = try await trial.start()
            guard case .unreachable = try await trial.state(try trial.lastHandle()) else {
                throw Violation("a session that could not be asked was not answered with 'unreachable'")
            }
            for handle in Set(trial.handles) { try await backend.stop(handle, grace: .zero) }
        }
    }

    func checkEnd() async throws {
        let status: Int32 = 3
        try await with(.ending(status: status)) { trial in
            let endpoint = try await trial.start()
            let handle = try trial.lastHandle()
            try await wait("the end of a server that ends by itself") {
                switch try await trial.state(handle) {
                case .exited(let seen):
                    guard seen == nil || seen == status else {
                        throw Violation("a server that ended with \(status) was said to have ended with \(seen ?? 0)")
                    }
                    return true
                case .running: return false
                case .unreachable(let reason): throw Violation("a server that ended is unreachable: \(reason)")
                case .lost(let reason): throw Violation("a server that ended by itself is lost: \(reason)")
                }
            }
            let answers = try? await backend.isAnswering(handle, at: endpoint)
            guard answers != true else { throw Violation("a server that has ended is said to answer") }
            try await trial.stopAll()
        }
    }

    func checkStop() async throws {
        try await with(.plain) { trial in
            _ = try await trial.start()
            let handle = try trial.lastHandle()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        do {
                            try await backend.stop(handle, grace: .seconds(2))
                        } catch {
                            throw Violation("one of three stops at once was an error: \(error)")
                        }
                        // For each caller, not for the first alone.
                        try await trial.requireGone()
                    }
                }
                try await group.waitForAll()
            }
            do {
                try await backend.stop(handle, grace: .seconds(2))
            } catch {
                throw Violation("the stop of a session that is stopped already was an error: \(error)")
            }
            try await trial.requireGone()
        }
    }

    func checkStopDuringStart() async throws {
        try await with(.slow) { trial in
            // The start may end as it likes; what it has named is gone.
            _ = try? await trial.start { [backend] handle in try await backend.stop(handle, grace: .zero) }
            guard !trial.handles.isEmpty else { throw Violation("a start that takes long had no checkpoint") }
            try await trial.stopAll()
        }
    }

    func checkRestart() async throws {
        try await with(.plain) { trial in
            _ = try await trial.start()
            let handle = try trial.lastHandle()
            let restarted = try await restart()
            guard try await trial.state(handle, by: restarted) == .running else {
                throw Violation("after a restart a running session was not known to run")
            }
            guard try await !trial.residents(by: restarted).isEmpty else {
                throw Violation("after a restart the census did not list a running session")
            }
            try await restarted.stop(handle, grace: .seconds(2))
            try await trial.requireGone(by: restarted)
            // The first one learns of it too.
            try await wait("the news of a stop by another") { try await trial.state(handle) != .running }
        }
    }

    func checkCensus() async throws {
        try await with(.plain) { trial in
            _ = try await trial.start()
            let residents = try await trial.residents()
            guard residents.count == 1, let resident = residents.first else {
                throw Violation("the census listed a running session \(residents.count) times")
            }
            guard resident.identity == trial.plan.identity else {
                throw Violation("the census named another owner than the session has")
            }
            guard !resident.description.isEmpty, resident.handle.backend == backend.kind else {
                throw Violation("what the census listed has no description, or a handle of another backend")
            }
            // What no journal knows can only be ended by what the census says.
            try await backend.stop(resident.handle, grace: .seconds(2))
            try await trial.requireGone()
        }
    }

    func checkLogs() async throws {
        try await with(.plain) { trial in
            let endpoint = try await trial.start()
            let handle = try trial.lastHandle()
            try await answer(trial, handle, endpoint)
            try await within("the end of a log") {
                for try await _ in try await backend.logs(handle, follow: false) {}
            }
            let followed = try await backend.logs(handle, follow: true)
            let reader = Task {
                for try await _ in followed {}
            }
            try await trial.stopAll()
            try await within("the end of a followed log") { try await reader.value }
        }
    }

    func checkOriginals() async throws {
        let somebody = try SessionIdentity(hub: "contract", user: "somebody")
        for state: JSONValue in [nil, [:], ["unheard": "of"], [1, 2]] {
            guard (try? await backend.adopt(original: state, for: somebody)) ?? nil == nil else {
                throw Violation("a state that means nothing was read as a handle")
            }
        }
    }

    private func within(_ what: String, _ work: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await work() }
            group.addTask { [patience] in
                try await Task.sleep(for: patience)
                throw Violation("\(what) did not come within \(patience)")
            }
            try await group.next()
            group.cancelAll()
        }
    }
}

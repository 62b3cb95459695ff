import MultipleSpawner
import Synchronization

extension BackendContract {
    func checkOptions() throws {
        try Self.check(type(of: backend).options, at: "")
    }

    private static func check(_ shape: ObjectShape, at path: String) throws {
        guard shape.others == nil else {
            throw Violation("\(path.isEmpty ? "the options" : "'\(path)'") take any key: a misspelling would be silent")
        }
        var seen: Set<String> = []
        for field in shape.fields {
            for name in [field.name] + field.aliases where !seen.insert(name).inserted {
                throw Violation("the option '\(path)\(name)' is declared twice")
            }
            guard !field.summary.isEmpty else { throw Violation("the option '\(path)\(field.name)' has no summary") }
            if case .object(let inner) = field.shape { try check(inner, at: "\(path)\(field.name).") }
        }
    }

    func checkHandle() async throws {
        try await with(.plain) { trial in
            _ = try await trial.start()
            for handle in trial.handles {
                guard handle.backend == backend.kind else {
                    throw Violation("a handle names the backend '\(handle.backend.rawValue)'")
                }
                guard handle.version >= 1 else { throw Violation("a handle's version is \(handle.version)") }
                guard !handle.payload.contains(Self.secret) else {
                    throw Violation("a handle holds a value of the server's environment")
                }
            }
            _ = try trial.lastHandle()
            try await trial.stopAll()
        }
    }

    func checkCheckpoint() async throws {
        try await with(.plain) { trial in
            // At the first checkpoint the daemon may die: what exists by then must be found from the handle alone.
            let seenAtFirst = Mutex<Observation.State?>(nil)
            _ = try await trial.start { [backend] handle in
                let state = await backend.poll([handle]).first?.state
                seenAtFirst.withLock { seen in
                    if seen == nil { seen = state }
                }
            }
            let handle = try trial.lastHandle()
            if case .exited = seenAtFirst.withLock({ $0 }) {
                throw Violation("at its first checkpoint the session was said to be over: an undo would pass it by")
            }
            guard try await trial.state(handle) == .running else {
                throw Violation("a session that has just been started is not running")
            }
            // A daemon that is killed now has what is on disk, and nothing that was refined since.
            let durable = try trial.durableHandle()
            guard try await trial.state(durable) == .running else {
                throw Violation("by the handle that is on disk a running session is not found")
            }
            try await backend.stop(durable, grace: .seconds(2))
            try await trial.requireGone()
        }
    }

    func checkRefusedCheckpoint() async throws {
        try await with(.plain) { trial in
            let refusal = SpawnError(.internal, "the journal is full")
            do {
                _ = try await trial.start { _ in throw refusal }
            } catch {
                // It must clean up by itself: nobody else knows the handle.
                return try await trial.requireGone()
            }
            throw Violation("start went on although its handle could not be written down")
        }
    }

    func checkFailure() async throws {
        try await with(.failing) { trial in
            do {
                let endpoint = try await trial.start()
                let handle = try trial.lastHandle()
                try await wait("the failure") {
                    do {
                        _ = try await trial.backend.isAnswering(handle, at: endpoint)
                        return false
                    } catch is SpawnError {
                        return true
                    }
                }
            } catch let violation as Violation {
                throw violation
            } catch is SpawnError {
                // The failure that was asked for.
            } catch {
                throw Violation("a start failed with \(error), which is no SpawnError: nobody can be told what to do")
            }
            try await trial.requireNothingOrStoppable()
        }
    }

    func checkCancellation() async throws {
        // Before anything, while the handle is written down, and while the start is under way.
        try await with(.slow) { trial in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await trial.start()
            }
            _ = await task.result
            try await trial.requireNothingOrStoppable()
        }
        try await with(.slow) { trial in
            let task = Task {
                try await trial.start { _ in withUnsafeCurrentTask { $0?.cancel() } }
            }
            _ = await task.result
            try await trial.requireNothingOrStoppable()
        }
        try await with(.slow) { trial in
            let (checkpoints, told) = AsyncStream<Void>.makeStream()
            let task = Task { try await trial.start { _ in told.yield() } }
            let watch = Task {
                _ = await task.result
                told.finish()
            }
            for await _ in checkpoints { break }
            task.cancel()
            _ = await task.result
            await watch.value
            try await trial.requireNothingOrStoppable()
        }
    }

    func checkAnswer() async throws {
        try await with(.plain) { trial in
            let endpoint = try await trial.start()
            guard (1...65535).contains(endpoint.port), !endpoint.host.isEmpty else {
                throw Violation("the endpoint is '\(endpoint.url)', where nobody can connect")
            }
            try await answer(trial, try trial.lastHandle(), endpoint)
            try await trial.stopAll()
        }
    }

    func checkSeparation() async throws {
        try await with(.plain) { first in
            try await with(.plain) { second in
                let endpoints = [try await first.start(), try await second.start()]
                guard endpoints[0] != endpoints[1] else {
                    throw Violation("two sessions were given the same endpoint, \(endpoints[0].url)")
                }
                let handles = [try first.lastHandle(), try second.lastHandle()]
                guard handles[0] != handles[1] else { throw Violation("two sessions have the same handle") }
                try await first.stopAll()
                guard try await second.state(handles[1]) == .running else {
                    throw Violation("the stop of one session ended another")
                }
                try await second.stopAll()
            }
        }
    }
}

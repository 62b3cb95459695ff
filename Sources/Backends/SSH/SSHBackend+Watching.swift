public import MultipleSpawner

extension SSHBackend {
    /// One command for each account on each machine, all at once. What cannot be asked is unreachable, never gone.
    public func poll(_ handles: [Handle]) async -> [Observation] {
        var states: [Int: Observation.State] = [:]
        var questions: [SSHPlace: [(number: Int, handle: SSHHandle)]] = [:]
        for (number, handle) in handles.enumerated() {
            do {
                let ssh = try SSHHandle(handle)
                questions[ssh.place, default: []].append((number, ssh))
            } catch {
                states[number] = .unreachable(error.message)
            }
        }
        await withTaskGroup(of: [(Int, Observation.State)].self) { group in
            for (place, asked) in questions {
                group.addTask { zip(asked.map(\.number), await look(at: asked.map(\.handle), place)).map { ($0, $1) } }
            }
            for await answers in group {
                for (number, state) in answers { states[number] = state }
            }
        }
        return handles.enumerated().map { number, handle in
            Observation(handle, states[number] ?? .unreachable("nothing was heard of it"))
        }
    }

    private func look(at handles: [SSHHandle], _ place: SSHPlace) async -> [Observation.State] {
        do {
            let answer = try await machines.runAgain(
                LookProgram(handles: handles).text(), at: place, limit: .seconds(10))
            return LookProgram.states(answer, count: handles.count)
        } catch {
            let reason = SpawnError(wrapping: error, as: .unavailable, "\(place) cannot be asked").message
            return handles.map { _ in .unreachable(reason) }
        }
    }
}

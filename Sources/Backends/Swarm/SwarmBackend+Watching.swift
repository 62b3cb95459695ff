public import MultipleSpawner
import Synchronization

extension SwarmBackend {
    /// One request per swarm for all of its sessions.
    public func poll(_ handles: [Handle]) async -> [Observation] {
        var observations: [Observation] = []
        var byCluster: [DockerHost?: [(handle: Handle, swarm: SwarmHandle)]] = [:]
        for handle in handles {
            do {
                let swarm = try SwarmHandle(handle)
                byCluster[swarm.cluster, default: []].append((handle, swarm))
            } catch {
                observations.append(Observation(handle, .unreachable(error.message)))
            }
        }
        // A swarm that does not answer must not hold up what is known of another.
        return await withTaskGroup(of: [Observation].self) { group in
            for (host, sessions) in byCluster {
                let cluster = clusters.cluster(at: host)
                group.addTask { await cluster.observe(sessions) }
            }
            return await group.reduce(into: observations) { $0 += $1 }
        }
    }

    /// The ends of containers on the machines whose Docker is asked, as they happen.
    public func changes() -> AsyncStream<Handle> {
        let (stream, continuation) = AsyncStream.makeStream(of: Handle.self)
        let task = Task { [clusters] in
            await withDiscardingTaskGroup { group in
                for await cluster in clusters.arrivals() {
                    group.addTask {
                        // Nodes that were down do their part when they are back, and nobody waits for it then.
                        while !Task.isCancelled {
                            await cluster.tidyVolumeJobs()
                            try? await Task.sleep(for: .seconds(60))
                        }
                    }
                    group.addTask {
                        for await session in cluster.events.ends() {
                            if let handle = cluster.handle(of: session) { continuation.yield(handle) }
                        }
                    }
                }
            }
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }
}

extension SwarmCluster {
    /// What became of sessions of this swarm.
    func observe(_ sessions: [(handle: Handle, swarm: SwarmHandle)]) async -> [Observation] {
        listen()
        let look: [SessionID: [SwarmTask]]
        do {
            look = try await tasks.fresh().value
        } catch {
            let reason = (error as? DockerError)?.message ?? "\(error)"
            return sessions.map { Observation($0.handle, .unreachable(reason)) }
        }
        var observations: [Observation] = []
        var blanks: [(handle: Handle, swarm: SwarmHandle)] = []
        let names = await nodeNames()
        for (handle, swarm) in sessions {
            guard let session = swarm.session else {
                blanks.append((handle, swarm))
                continue
            }
            remember(handle, of: session)
            if let state = state(of: swarm.own(look[session] ?? []), swarm, names) {
                observations.append(Observation(handle, state))
            } else {
                blanks.append((handle, swarm))
            }
        }
        return observations + (await confirm(blanks))
    }

    /// - Returns: `nil` where the tasks say nothing.
    private func state(
        of tasks: [SwarmTask], _ swarm: SwarmHandle, _ names: [String: String]
    ) -> Observation.State? {
        switch TaskVerdict(tasks, names: names) {
        case .none: nil
        case .running(let task) where swarm.task != nil && swarm.task != task.id:
            .lost("Docker has started the server again, at an address that the hub does not know; start it anew")
        case .running, .waiting: .running
        case .unplaced(let problem): .unreachable("Docker: \(problem)")
        // Docker makes the next attempt a moment after the last has ended.
        case .exited where swarm.restarts, .failed where swarm.restarts: nil
        case .exited(let code, _): .exited(code)
        case .failed(let reason): .lost("Docker: \(reason)")
        }
    }

    /// Asks for the services themselves: a session whose tasks cannot be seen is over only when its service is.
    private func confirm(_ sessions: [(handle: Handle, swarm: SwarmHandle)]) async -> [Observation] {
        guard !sessions.isEmpty else { return [] }
        do {
            let services = try await services(ids: Set(sessions.compactMap(\.swarm.id)).sorted())
            let byID = Dictionary(services.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            let tasks = Dictionary(grouping: try await tasks(ofServices: services.map(\.id)), by: \.service)
            let names = await nodeNames()
            var observations: [Observation] = []
            for (handle, swarm) in sessions {
                if let id = swarm.id, byID[id] != nil {
                    observations.append(Observation(handle, Self.state(ofService: tasks[id] ?? [], names)))
                } else {
                    observations.append(Observation(handle, try await absence(of: swarm)))
                }
            }
            return observations
        } catch {
            let reason = (error as? DockerError)?.message ?? "\(error)"
            return sessions.map { Observation($0.handle, .unreachable(reason)) }
        }
    }

    /// What it means that a service is not there.
    private func absence(of swarm: SwarmHandle) async throws -> Observation.State {
        guard swarm.id != nil else { return .unreachable("it is being made") }
        do {
            try await requireOrigin(swarm.origin)
        } catch let error as SpawnError {
            return .unreachable(error.message)
        }
        return .lost("somebody has removed the service '\(swarm.service.excerpt)'")
    }

    private static func state(ofService tasks: [SwarmTask], _ names: [String: String]) -> Observation.State {
        switch TaskVerdict(tasks, names: names) {
        case .exited(let code, _): .exited(code)
        case .failed(let reason): .lost("Docker: \(reason)")
        case .none, .waiting, .unplaced, .running: .running
        }
    }
}

import MultipleSpawner

extension SwarmCluster {
    /// What was seen of a session while it was removed.
    struct Removal: Sendable {
        /// The nodes that its tasks were on.
        var nodes: Set<String> = []
        /// Whether it had a task at all.
        var wasSeen = false
    }

    /// Removes all that carries a session's label, and waits until its containers are gone.
    ///
    /// What runs on a node that is out of reach is left to Docker, which removes it when the node is back.
    ///
    /// - Parameter grace: zero to end containers at once; else each has the time that its service says, which is this one
    ///   where the template says none.
    /// - Throws: `timed_out` where Docker does not end a container; to be tried again.
    @discardableResult
    func remove(_ session: SessionID, grace: Duration) async throws -> Removal {
        let before = try await tasks.fresh().value[session] ?? []
        let services = try await services(of: session).filter { $0.session == session }
        for service in services { try await delete("services", service.id) }
        let given = services.compactMap(\.grace).max()
        // Docker's own removal sends the first signal after one to three seconds; the machine itself sends it now. Who comes
        // after another, whom a kill cut off, no longer knows how long it may take, and leaves it to Docker.
        if grace == .zero || given != nil { await end(before, grace: grace == .zero ? .zero : given ?? grace) }
        var removal = try await waitUntilGone(session, within: max(grace, given ?? grace) + .seconds(90))
        removal.wasSeen = removal.wasSeen || !before.isEmpty
        removal.nodes.formUnion(before.compactMap(\.node))
        for secret in try await secrets(of: session) { try await delete("secrets", secret.id) }
        for config in try await configs(of: session) { try await delete("configs", config.id) }
        return removal
    }

    /// Removes a service that an original spawner has made, and waits until its container is gone.
    func removeOriginal(_ id: String, grace: Duration) async throws {
        guard let service = try await service(id) else { return }
        let before = try await tasks(ofServices: [id])
        try await delete("services", id)
        let given = grace == .zero ? .zero : service.grace ?? grace
        await end(before, grace: given)
        let deadline = ContinuousClock.now + given + .seconds(90)
        for task in before { try await waitUntilGone(task, before: deadline) }
    }

    /// Waits until a task whose service is no more has ended. Without a service there is no list that it is in.
    private func waitUntilGone(_ task: SwarmTask, before deadline: ContinuousClock.Instant) async throws {
        var task = task
        while !task.state.isFinal {
            if let node = task.node, try await nodes.nodes()[node]?.isReady != true { return }
            guard ContinuousClock.now < deadline else {
                throw SpawnError(.timedOut, "Docker has not ended the container of the task \(task.id)")
            }
            try await Task.sleep(for: .milliseconds(200))
            do throws(DockerError) {
                task = try await docker.get(DockerPath.joined(["tasks", task.id]))
            } catch {
                guard error.isNotFound else { throw error }
                return
            }
        }
    }

    /// Ends the containers that run on the manager's own machine; those of others, Docker ends.
    private func end(_ tasks: [SwarmTask], grace: Duration) async {
        for task in tasks where !task.state.isFinal {
            guard let container = task.container else { continue }
            let seconds = max(0, Int(grace.components.seconds))
            try? await patientDocker.post(
                DockerPath.joined(["containers", container, "stop"]), query: ["t": String(seconds)],
                within: grace + .seconds(10))
        }
    }

    /// Waits until no task of the session is left on a node that can be reached.
    private func waitUntilGone(_ session: SessionID, within limit: Duration) async throws -> Removal {
        let deadline = ContinuousClock.now + limit
        var removal = Removal()
        var number = try await tasks.fresh().number - 1
        while true {
            let look = try await tasks.next(after: number)
            number = look.number
            let left = look.value[session] ?? []
            removal.wasSeen = removal.wasSeen || !left.isEmpty
            removal.nodes.formUnion(left.compactMap(\.node))
            let open = left.filter { !$0.state.isFinal }
            if open.isEmpty { return removal }
            let reachable = try await nodes.nodes()
            if open.allSatisfy({ task in task.node.map { reachable[$0]?.isReady != true } ?? true }) { return removal }
            guard ContinuousClock.now < deadline else {
                let names = open.compactMap { $0.node.flatMap { reachable[$0]?.name } }.joined(separator: ", ")
                throw SpawnError(.timedOut, "Docker has not ended the container on \(names); look at that node")
            }
        }
    }
}

import MultipleSpawner

extension SwarmCluster {
    /// Removes all that carries a session's label, and waits until its containers are gone.
    ///
    /// What runs on a node that is out of reach is left to Docker, which removes it when the node is back.
    ///
    /// - Returns: the nodes that the session's tasks were on.
    @discardableResult
    func remove(_ session: SessionID, grace: Duration, files: Bool = true) async throws -> Set<String> {
        let before = try await tasks.fresh().value[session] ?? []
        for service in try await services(of: session) { try await delete("services", service.id) }
        // Docker's own removal sends the first signal after one to three seconds; the machine itself sends it now.
        await end(before, grace: grace)
        var nodes = Set(before.compactMap(\.node))
        nodes.formUnion(try await waitUntilGone(session))
        if files {
            for secret in try await secrets(of: session) { try await delete("secrets", secret.id) }
            for config in try await configs(of: session) { try await delete("configs", config.id) }
        }
        return nodes
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
    private func waitUntilGone(_ session: SessionID) async throws -> Set<String> {
        var seen: Set<String> = []
        var number = try await tasks.fresh().number - 1
        while true {
            let look = try await tasks.next(after: number)
            number = look.number
            let left = look.value[session] ?? []
            seen.formUnion(left.compactMap(\.node))
            let open = left.filter { !$0.state.isFinal }
            if open.isEmpty { return seen }
            let reachable = try await nodes.nodes()
            if open.allSatisfy({ task in task.node.map { reachable[$0]?.isReady != true } ?? true }) { return seen }
        }
    }
}

public import MultipleSpawner

extension SwarmBackend {
    /// Returns as soon as the container has started; whether the server in it answers is asked by `isAnswering`.
    public func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        let options = try SwarmOptions(plan)
        let host = try clusters.host(in: plan.options)
        let cluster = clusters.cluster(at: host)
        cluster.listen()
        let names = options.names(for: plan)
        var handle = SwarmHandle(
            cluster: host, hub: plan.identity.hub, session: plan.id, service: names.preferred)
        let credentials = try await clusters.configuration.logins.read()
        let needs = options.needs(for: plan)
        if !needs.isEmpty { try await learnLeases(in: cluster) }
        handle.leases = try await accelerators.take(needs, for: plan.id)
        handle.volumes = options.volumesToRemove
        handle.image = handle.volumes.isEmpty ? nil : options.cleanupImage ?? options.image
        handle.restarts = options.restartPolicy.condition != "none"
        do {
            try await checkpoint(Handle(handle, backend: Self.kind))
        } catch {
            // What was never written down is never stopped: nobody else would give them back.
            accelerators.release(of: plan.id)
            throw error
        }
        let start = SwarmStart(
            plan: plan, options: options, names: names, cluster: cluster, checkpoint: checkpoint,
            credentials: credentials)
        return try await start.run(handle)
    }

    /// Notes which devices the services of a swarm have whose sessions the journal does not know: it may have been lost.
    private func learnLeases(in cluster: SwarmCluster) async throws {
        _ = try await cluster.leases.get {
            do {
                for service in try await cluster.services() {
                    guard let session = service.session else { continue }
                    accelerators.learn(AcceleratorLease.leases(in: service.labels), of: session)
                }
                return true
            } catch let error as DockerError {
                throw error.spawnError(doing: "asking who has which accelerator")
            }
        }
    }

    /// Whether something speaks HTTP there, or TLS where that is expected.
    ///
    /// A connection alone would prove nothing: Docker's own proxy takes it before the server is up.
    public func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool {
        if try await probe.answers(at: endpoint) { return true }
        let swarm = try SwarmHandle(handle)
        guard let session = swarm.session else { return false }
        let cluster = cluster(of: swarm)
        // Somebody else may have looked just now, and that is good enough: the server is asked again before the next look.
        let tasks: [SwarmTask]
        do {
            tasks = swarm.own(try await cluster.tasks.affordable().value[session] ?? [])
        } catch let error as DockerError where !error.isCancelled {
            return false
        }
        switch TaskVerdict(tasks) {
        case .exited(let code, let problem):
            throw await cluster.ended(session, code: code, problem: problem)
        case .failed(let reason):
            throw await cluster.failed(session, reason)
        case .none, .waiting, .unplaced, .running:
            return false
        }
    }
}

import Logging
import MultipleSpawner
import Synchronization

extension VolumeRemoval {
    /// Removes the jobs that have finished, and the program when no job needs it any more.
    ///
    /// To be called now and then: a node that was down runs its jobs when it is back, and nobody waits for them then.
    func tidy() async throws {
        let filters: DockerFilters = ["label": [ServiceLabels.cleanUp]]
        let jobs: [SwarmService] = try await docker.get("/services", query: ["filters": filters.text])
        if !jobs.isEmpty {
            let tasks = try await tasks.fresh().value
            // Asked after the jobs: a node that has only just joined may have one of another daemon.
            let nodes = try await nodes.nodes(within: .zero)
            for job in jobs { try await tidy(job, tasks[job.id] ?? [], nodes) }
        }
        await dropPrograms()
    }

    private func tidy(_ job: SwarmService, _ tasks: [SwarmTask], _ nodes: [String: SwarmNode]) async throws {
        let node = job.labels[ServiceLabels.node] ?? ""
        let verdict = VolumeJobVerdict(tasks, isGuess: job.labels[ServiceLabels.guess] != nil)
        if verdict == .finished { return try await finish(job.id) }
        let isVoid = nodes[node] == nil
        var problem = isVoid ? "the node has left the swarm" : "the node is not there"
        if case .failed(let reason) = verdict, !isVoid { problem = reason }
        guard isVoid || verdict != .waiting else { return }
        // Swarm tries once a minute, maybe for days; a warning is for the first time.
        let isNews = told.withLock { $0.insert(job.id).inserted }
        log.log(
            level: isNews ? .warning : .debug,
            isVoid ? "volumes stay where they are" : "volumes are not removed yet",
            metadata: [
                "session": "\(job.labels[ServiceLabels.cleanUp] ?? "")", "node": "\(nodes[node]?.name ?? node)",
                "volumes": "\(VolumeJob.volumes(in: job.arguments))", "reason": "\(problem)",
            ])
        if isVoid { try await finish(job.id) }
    }

    /// Removes the program where no job has it; Docker refuses while one does. It is made again when it is needed.
    func dropPrograms() async {
        guard let programs = try? await programs() else { return }
        for program in programs {
            try? await docker.delete(DockerPath.joined(["configs", program.id]))
        }
    }
}

import MultipleSpawner
import Transport

extension SwarmStart {
    /// Tells how far the pull of the image is, where it is pulled to the manager's own machine: of other machines, Docker
    /// tells that they prepare, and no more.
    ///
    /// It joins the pull that Docker has begun: a layer is fetched once, whoever asks. What fails here fails there too, and
    /// is told from there.
    func tellPull(_ handle: SwarmHandle) async {
        do {
            guard let node = try await preparingNode(handle), try await cluster.volumeRemoval.ownNodeID() == node,
                try await !cluster.hasImage(options.image)
            else { return }
            var progress = PullProgress()
            var told: String?
            let clock = ContinuousClock()
            var due = clock.now
            for try await line in try await pull().body.lines() {
                progress.hear(line)
                guard let text = progress.text, text != told, clock.now >= due else { continue }
                await checkpoint.report("Pulling the image (\(text))")
                told = text
                due = clock.now + .milliseconds(500)
            }
        } catch {
            // The start itself tells what is wrong.
        }
    }

    /// The node that prepares the task now; `nil` where none will.
    private func preparingNode(_ handle: SwarmHandle) async throws -> String? {
        var number = 0
        while true {
            let look = try await cluster.tasks.next(after: number, isPatient: true)
            number = look.number
            switch TaskVerdict(handle.own(look.value[plan.id] ?? [])) {
            case .waiting(_, let task) where task.state == .preparing: return task.node
            case .none, .waiting, .unplaced: continue
            case .running, .exited, .failed: return nil
            }
        }
    }

    private func pull() async throws -> HTTPStream {
        var query = ["fromImage": options.image]
        // Without a tag, Docker would fetch all that there are.
        let name = options.image.utf8.split(separator: UInt8(ascii: "/")).last ?? []
        if !name.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") }) { query["tag"] = "latest" }
        let headers = credentials.header(forImage: options.image).map { ["X-Registry-Auth": $0] } ?? [:]
        return try await cluster.docker.open("/images/create", query: query, method: "POST", headers: headers)
    }
}

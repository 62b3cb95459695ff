import Logging
import MultipleSpawner

extension VolumeRemoval {
    /// Makes the job that removes volumes on a node, or finds the one that was made for the same before.
    ///
    /// - Returns: the id of its service.
    func makeJob(
        for names: [String], of session: SessionID, hub: String, on node: SwarmNode, image: String?, isGuess: Bool
    ) async throws -> String {
        guard let image else {
            throw SpawnError(
                .invalidRequest,
                "no image is known for removing volumes on the node '\(node.name.excerpt)'; name one in 'cleanup_image'"
            )
        }
        let program = try await program()
        // Without a login, a node that has the image still serves.
        let login = try? await logins.read().header(forImage: image)
        let headers = login.map { ["X-Registry-Auth": $0] } ?? [:]
        var attempts = 3
        while true {
            attempts -= 1
            // A node that comes back has containers of old tasks to remove before it can let go of their volumes.
            let patience = node.isReady ? 20 : 120
            let job = VolumeJob(
                volumes: names, session: session, hub: hub, node: node.id, image: image,
                config: (program.name, try await stored(program)), socket: socket, patience: patience, isGuess: isGuess)
            do throws(DockerError) {
                let made: Created = try await docker.post("/services/create", body: job, headers: headers)
                return made.id
            } catch {
                if error.isConflict, let id = try await service(job.name) { return id }
                // Somebody who had finished has just removed the job, or the program.
                let isPassing = error.isConflict || error.message.contains(job.config.id)
                guard isPassing, attempts > 0 else { throw error }
            }
        }
    }

    /// The id of the program's config, which is made where it is not.
    private func stored(_ program: VolumeProgram) async throws -> String {
        if let found = try await programs().first(where: { $0.name == program.name }) { return found.id }
        do throws(DockerError) {
            try await docker.post("/configs/create", body: program.file)
        } catch {
            // Two sessions end at once.
            guard error.isConflict else { throw error }
        }
        guard let made = try await programs().first(where: { $0.name == program.name }) else {
            throw SpawnError(
                .conflict,
                "the config '\(program.name)' is not what it should be: the program that removes volumes on other "
                    + "nodes, with the label '\(ServiceLabels.cleanUp)'; remove it")
        }
        return made.id
    }

    func programs() async throws(DockerError) -> [SwarmFile] {
        let filters: DockerFilters = ["label": ["\(ServiceLabels.cleanUp)=program"]]
        return try await docker.get("/configs", query: ["filters": filters.text])
    }

    private func service(_ name: String) async throws(DockerError) -> String? {
        do {
            let service: SwarmService = try await docker.get(DockerPath.joined(["services", name]))
            return service.id
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }

    /// Waits until a job on a node that can be reached has finished, and removes it. One that fails or takes long is
    /// left to Swarm, and to `tidy`.
    func wait(for id: String, isGuess: Bool) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(30)
        var number = try await tasks.fresh().number - 1
        while clock.now < deadline {
            let look = try await tasks.next(after: number)
            number = look.number
            let own = look.value[id] ?? []
            // The manager makes the task some milliseconds after the service; without a service there will be none.
            if own.isEmpty, try await service(id) == nil { return }
            switch VolumeJobVerdict(own, isGuess: isGuess) {
            case .finished: return try await finish(id)
            case .failed(let problem):
                log.warning("volumes are not removed yet", metadata: ["service": "\(id)", "reason": "\(problem)"])
                return
            case .waiting: continue
            }
        }
        log.notice("volumes are not removed yet: their node takes its time", metadata: ["service": "\(id)"])
    }

    /// Tells what a job has said, and removes it.
    func finish(_ id: String) async throws {
        for line in await lines(of: id) { log.info("\(line)", metadata: ["service": "\(id)"]) }
        do throws(DockerError) {
            try await docker.delete(DockerPath.joined(["services", id]))
        } catch {
            guard error.isNotFound else { throw error }
        }
    }

    /// What the program has printed; nothing where the node does not tell it in time.
    private func lines(of id: String) async -> [String] {
        let bytes = await within(.seconds(5)) { [docker] in
            let query = ["stdout": "true", "stderr": "true"]
            let path = DockerPath.joined(["services", id, "logs"])
            // What it did is done; where this fails, only the telling is lost.
            let log = try? await docker.log(path, query: query, hasTerminal: false)
            return await log?.beginning(ofAbout: 1 << 16) ?? []
        }
        return String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n").map { String($0).excerpt }
    }
}

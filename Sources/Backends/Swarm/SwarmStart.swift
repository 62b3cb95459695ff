import MultipleSpawner

/// One start in a swarm, from top to bottom: what goes along is made, the service is made, its container starts.
struct SwarmStart: Sendable {
    let plan: SessionPlan
    let options: SwarmOptions
    let names: ServiceNames
    let cluster: SwarmCluster
    let checkpoint: Checkpoint
    let credentials: RegistryCredentials

    /// - Parameter handle: as it was checkpointed last.
    func run(_ handle: SwarmHandle) async throws -> Endpoint {
        var handle = handle
        var question = WayQuestion(options, alias: names.alias)
        question.hasCertificate = plan.certificates != nil
        let asked = question
        let way = try await patiently { try await cluster.way(for: asked) }
        if handle.cluster == nil { handle.origin = try await patiently { try await cluster.origin() } }
        var assembly = ServiceAssembly(name: handle.service, alias: names.alias, connect: way.mode)
        assembly.grace = cluster.grace
        assembly.leases = handle.leases
        try await attach(to: &assembly)
        try await note(assembly.mounts, in: &handle)
        try await create(assembly, &handle)
        let made = handle
        return try await withThrowingTaskGroup(of: Reached?.self) { group in
            group.addTask { try await heard(by: way, made) }
            group.addTask { try await seen(by: way, made) }
            group.addTask {
                await tellPull(made)
                return nil
            }
            try await checkpoint(Handle(made, backend: SwarmBackend.kind))
            for try await reached in group {
                guard let reached else { continue }
                group.cancelAll()
                try await note(reached, in: &handle, way)
                return reached.endpoint
            }
            throw SpawnError(.internal, "a container was neither seen nor heard of")
        }
    }

    // MARK: What goes along

    /// Finds the configs and secrets that the options name, and makes those of the session, and what its hook makes.
    private func attach(to assembly: inout ServiceAssembly) async throws {
        assembly.configIDs = try await patiently { try await cluster.ids(of: options.configsToFind, in: "configs") }
        assembly.secretIDs = try await patiently { try await cluster.ids(of: options.secretsToFind, in: "secrets") }
        for upload in try options.uploads(of: plan, names) {
            var reference = upload.reference
            reference.id = try await patiently {
                try await whole {
                    try await cluster.make(upload.file.marked(cluster.installation), in: "configs", for: plan.id)
                }
            }
            assembly.uploads.append(reference)
        }
        if let hook = options.homeHook {
            await checkpoint.report("Preparing the home directory")
            assembly.mounts = try await hook.prepare(plan, options)
        }
        let certificates = plan.certificates.map { certificates in
            ["keyfile": certificates.key, "certfile": certificates.certificate, "cafile": certificates.authorities]
        }
        let secrets = SessionSecrets(plan, options, names, certificates: certificates ?? [:])
        assembly.certificatePaths = secrets.certificatePaths
        for part in secrets.parts {
            var reference = part.reference
            reference.id = try await patiently {
                try await whole {
                    try await cluster.make(part.file.marked(cluster.installation), in: "secrets", for: plan.id)
                }
            }
            assembly.secrets.append(reference)
        }
    }

    /// Volumes that the hook asks for go with the session as those of the template do.
    private func note(_ mounts: [MountSpecification], in handle: inout SwarmHandle) async throws {
        let volumes = mounts.compactMap { $0.isRemovedWithSession ? $0.source : nil }
        guard !volumes.isEmpty else { return }
        handle.volumes += volumes
        handle.image = options.cleanupImage ?? options.image
        try await checkpoint(Handle(handle, backend: SwarmBackend.kind))
    }

    // MARK: The service

    private func create(_ assembly: ServiceAssembly, _ handle: inout SwarmHandle) async throws {
        var specification = try ServiceSpecification(plan, options, assembly)
        specification.mark(cluster.installation)
        if !handle.leases.isEmpty {
            specification.labels[ServiceLabels.leases] = AcceleratorLease.text(of: handle.leases)
        }
        let headers = credentials.header(forImage: options.image).map { ["X-Registry-Auth": $0] } ?? [:]
        var isRepeated = false
        while true {
            do {
                if isRepeated, let made = try await cluster.services(of: plan.id).first {
                    handle.id = made.id
                    return
                }
                let body = specification
                let made: Created = try await whole {
                    try await cluster.docker.post("/services/create", body: body, headers: headers)
                }
                handle.id = made.id
                return
            } catch let error as DockerError {
                if error.isConflict {
                    try await makeRoom(for: &specification, &handle)
                    if handle.id != nil { return }
                } else {
                    // Where the answer was lost, the service may be there.
                    try await wait(out: error, doing: "creating the service '\(specification.name)'")
                    isRepeated = true
                }
            }
        }
    }

    /// The name is taken: by this very start, by an earlier one of this server, or by a stranger.
    private func makeRoom(for specification: inout ServiceSpecification, _ handle: inout SwarmHandle) async throws {
        let occupant = try await patiently { try await cluster.service(specification.name) }
        guard let occupant else { return try await Task.sleep(for: .milliseconds(50)) }
        if occupant.session == plan.id {
            handle.id = occupant.id
            return
        }
        if occupant.identity == plan.identity {
            // Only one session of a server lives at a time, and this is it: the other was left over.
            await checkpoint.report("Removing what is left of an earlier start")
            if let session = occupant.session {
                _ = try await patiently { try await cluster.remove(session, grace: .zero) }
            }
            return
        }
        guard specification.name != names.hashed else {
            throw SpawnError(
                .conflict,
                "the service '\(specification.name)' is there and is not of this server; remove it, or set another "
                    + "'service_prefix'")
        }
        specification.name = names.hashed
        handle.service = names.hashed
        try await checkpoint(Handle(handle, backend: SwarmBackend.kind))
    }

    // MARK: The container

    /// Where a container answers, and which task it is.
    private struct Reached: Sendable {
        let endpoint: Endpoint
        let task: String
    }

    /// Waits until the manager's machine tells that the container has started. What only the swarm knows, `seen` finds.
    private func heard(by way: Way, _ handle: SwarmHandle) async throws -> Reached? {
        var start = try await cluster.events.start(of: plan.id)
        while start.service != handle.id { start = try await cluster.events.start(of: plan.id) }
        do {
            // Where a task will be is settled before its container starts, so that a look from before may have it. A port is
            // opened with the container, and told a moment later.
            var task = await cluster.tasks.last?[plan.id]?.first { $0.id == start.task }
            var found = try await endpoint(by: way, container: start.container, task: task)
            var pause = Duration.milliseconds(10)
            while found == nil, pause < .milliseconds(500) {
                task = try await cluster.docker.get(DockerPath.joined(["tasks", start.task]))
                found = try await endpoint(by: way, container: start.container, task: task)
                if found == nil { try await Task.sleep(for: pause) }
                pause *= 2
            }
            return found.map { Reached(endpoint: $0, task: start.task) }
        } catch is DockerError {
            return nil
        }
    }

    /// Looks at the task until it runs, and tells what it does meanwhile.
    private func seen(by way: Way, _ handle: SwarmHandle) async throws -> Reached? {
        var number = 0
        var told = ""
        var blanks = 0
        while true {
            let look = try await patiently { try await cluster.tasks.next(after: number, isPatient: true) }
            number = look.number
            switch TaskVerdict(handle.own(look.value[plan.id] ?? []), names: await cluster.nodeNames()) {
            case .none:
                blanks += 1
                if blanks % 50 == 0 { try await requireService() }
            case .waiting(let message, _):
                if message != told { await checkpoint.report(message) }
                told = message
            case .unplaced(let problem):
                try await refuse(problem, &told)
            case .running(let task):
                if let endpoint = try await endpoint(by: way, container: nil, task: task) {
                    return Reached(endpoint: endpoint, task: task.id)
                }
            case .exited(let code, let problem):
                throw await cluster.ended(plan.id, code: code, problem: problem)
            case .failed(let reason):
                throw await cluster.failed(plan.id, reason)
            }
        }
    }

    /// Volumes are where the container is: what has to be removed there is written down before it is forgotten.
    private func note(_ reached: Reached, in handle: inout SwarmHandle, _ way: Way) async throws {
        guard !handle.volumes.isEmpty || handle.restarts else { return }
        let look = try await patiently { try await cluster.tasks.recent() }
        let tasks = handle.own(look.value[plan.id] ?? [])
        handle.nodes = Set(tasks.compactMap(\.node)).sorted()
        // A name leads to the next task as well; an address does not.
        if handle.restarts, way.isOfOneTask { handle.task = reached.task }
        try await checkpoint(Handle(handle, backend: SwarmBackend.kind))
    }

    /// Docker makes a task at once. Where there is none after many looks, there is no service to make it for.
    private func requireService() async throws {
        let services = try await patiently { try await cluster.services(of: plan.id) }
        guard services.isEmpty else { return }
        throw SpawnError(.backendFailed, "somebody has removed the service while it started; start again")
    }

    /// No node takes the container. A node that is away may come back; that there is no room is told at once.
    private func refuse(_ problem: String, _ told: inout String) async throws {
        guard problem.contains("not available for new tasks") else {
            throw SpawnError(.overCapacity, "Docker: \(problem); ask for less, or try again later")
        }
        if problem != told { await checkpoint.report("Docker: \(problem); waiting for it") }
        told = problem
    }

    private func endpoint(by way: Way, container: String?, task: SwarmTask?) async throws -> Endpoint? {
        try await patiently {
            try await cluster.endpoint(
                by: way, container: container, task: task, port: options.port, scheme: scheme)
        }
    }

    /// The hub's own word: with internal TLS it tells servers to speak it.
    private var scheme: Endpoint.Scheme {
        let url = plan.environment["JUPYTERHUB_SERVICE_URL"]?.reveal() ?? ""
        return url.hasPrefix("https:") ? .https : .http
    }

    /// Does something to its end although the start may be cancelled meanwhile: what Docker has begun to make, it makes,
    /// and who undoes the start has to find it.
    private func whole<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let value = try await Task { try await work() }.value
        try Task.checkCancellation()
        return value
    }

    // MARK: When Docker cannot be reached

    /// Does something again for as long as no manager can be reached: the time of the start is what bounds it.
    private func patiently<Value: Sendable>(
        _ doing: String = "asking Docker", _ work: () async throws -> Value
    ) async throws -> Value {
        while true {
            do {
                return try await work()
            } catch let error as DockerError {
                try await wait(out: error, doing: doing)
            }
        }
    }

    /// Waits a moment where an error may pass, and tells why.
    private func wait(out error: DockerError, doing: String) async throws {
        try Task.checkCancellation()
        guard error.mayPass else { throw error.spawnError(doing: doing) }
        await checkpoint.report("Waiting for Docker: \(error.message)")
        try await Task.sleep(for: .milliseconds(500))
    }
}

extension DockerError {
    /// Whether the same call may succeed in a moment, without anything being changed.
    var mayPass: Bool {
        switch reason {
        case .unreachable, .timedOut: true
        case .answered: spawnError(doing: "").code == .unavailable
        case .unreadable, .cancelled: false
        }
    }
}

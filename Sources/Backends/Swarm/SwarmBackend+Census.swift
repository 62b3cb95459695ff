public import MultipleSpawner

extension SwarmBackend {
    /// Services, configs, secrets and volumes that carry our labels, one resident for each session, in every swarm
    /// that is known.
    public func census() async throws -> Census {
        var census = Census()
        for cluster in clusters.all {
            do {
                let found = try await cluster.census(isOwn: cluster.host == clusters.configuration.host)
                census.residents += found.residents
                census.notes += found.notes
            } catch let error as DockerError {
                if error.isCancelled { throw CancellationError() }
                census.unreachable.append(error.spawnError(doing: "listing what is there").message)
            }
        }
        return census
    }

    /// A start writes its handle down before it makes anything, and a stop with that handle removes all that carries the
    /// session's label.
    public func residents(of session: SessionID) async throws -> [Resident] { [] }

    /// Looks for the service by the session's label: nothing of what the hub kept is believed but the swarm it was in,
    /// and of that only those that are known here.
    public func confirm(
        _ handle: Handle, of session: SessionID, for identity: SessionIdentity
    ) async throws -> Handle? {
        // A service that an original spawner has made bears no session's label; its own environment says whose it is.
        if let original = try? SwarmHandle(handle), original.session == nil {
            return try await adopt(original: ["service_id": .string(original.service)], for: identity)?.handle
        }
        guard let claimed = try? SwarmHandle(handle), claimed.session == session,
            let cluster = clusters.all.first(where: { $0.host == claimed.cluster ?? clusters.configuration.host })
        else { return nil }
        do {
            guard let service = try await cluster.services(of: session).first, service.identity == identity else {
                return nil
            }
            var found = cluster.handle(of: service, as: claimed.cluster)
            // What the hub was told of is that task; another one is somewhere else.
            if found.restarts { found.task = claimed.task }
            if found.cluster == nil { found.origin = try await cluster.origin() }
            accelerators.resume(found.leases, of: session)
            return try Handle(found, backend: Self.kind)
        } catch let error as DockerError {
            throw error.spawnError(doing: "looking for the service")
        }
    }

    /// Reads the `service_id` that SwarmSpawner and its like keep.
    ///
    /// The service is that user's when its own environment says so, as the spawner gave it.
    public func adopt(
        original state: JSONValue, for identity: SessionIdentity
    ) async throws -> (handle: Handle, endpoint: Endpoint)? {
        guard let id = state["service_id"]?.stringValue, !id.isEmpty else { return nil }
        let cluster = clusters.cluster(at: nil)
        do {
            guard let service = try await cluster.service(id), service.session == nil,
                service.variable("JUPYTERHUB_USER") == identity.user,
                service.variable("JUPYTERHUB_SERVER_NAME") ?? "" == identity.server,
                let endpoint = try await cluster.endpoint(ofOriginal: service)
            else { return nil }
            var handle = SwarmHandle(cluster: nil, hub: nil, session: nil, service: service.id, id: service.id)
            handle.origin = try await cluster.origin()
            return (try Handle(handle, backend: Self.kind), endpoint)
        } catch let error as DockerError {
            throw error.spawnError(doing: "looking for the service '\(id.excerpt)'")
        }
    }
}

extension SwarmCluster {
    /// - Parameter isOwn: whether it is the daemon's own swarm, which handles leave out.
    func census(isOwn: Bool) async throws -> Census {
        let host = isOwn ? nil : host
        let origin = isOwn ? try await origin() : nil
        var found: [SessionID: Leftover] = [:]
        var others: [String: Set<SessionID>] = [:]
        for service in try await services() where !service.isCleanUp {
            guard let session = service.session else { continue }
            guard isOurs(service.labels, else: &others) else { continue }
            found[session] = Leftover(
                handle: handle(of: service, as: host), identity: service.identity, parts: ["service \(service.name)"])
        }
        // What is left without its service: a start that was cut off before it, or a stop after it.
        for (kind, files) in [("config", try await configs()), ("secret", try await secrets())] {
            for file in files where isOurs(file.labels, else: &others) {
                add("\(kind) \(file.name)", file.labels, host, to: &found) { _ in }
            }
        }
        let volumes = try await volumes().filter { volume in
            let labels = volume.labels ?? [:]
            return labels.isAutoremoved && isOurs(labels, else: &others)
        }
        // Where managers stand in for one another, nobody knows on which machine a volume was seen.
        var places: [String] = []
        if !volumes.isEmpty {
            let own = try await volumeRemoval.ownNodeID()
            places = if let own { [own] } else { Array(try await nodes.nodes().keys) }
        }
        for volume in volumes {
            add("volume \(volume.name)", volume.labels ?? [:], host, to: &found) { handle in
                handle.volumes = Set(handle.volumes + [volume.name]).sorted()
                handle.nodes = Set(handle.nodes + places).sorted()
            }
        }
        let residents = found.compactMap { session, left in
            var made = left.handle
            made.origin = origin
            return (try? Handle(made, backend: SwarmBackend.kind)).map { handle in
                Resident(
                    session: session, identity: left.identity, handle: handle,
                    description: left.parts.joined(separator: ", "))
            }
        }
        return Census(
            residents.sorted { $0.session.rawValue < $1.session.rawValue },
            notes: others.sorted { $0.key < $1.key }.map { note($0.value.count, of: $0.key) })
    }

    /// Whether it was made by this daemon. Of another one on the same swarm, `others` notes the session.
    private func isOurs(_ labels: [String: String], else others: inout [String: Set<SessionID>]) -> Bool {
        let maker = labels[ServiceLabels.installation] ?? ""
        if maker == installation { return true }
        if let session = labels[ServiceLabels.session].flatMap(SessionID.init(rawValue:)) {
            others[maker, default: []].insert(session)
        }
        return false
    }

    private func note(_ sessions: Int, of installation: String) -> String {
        "\(host) also has things of \(sessions) sessions of another daemon, '\(installation.excerpt)'; if that was this one "
            + "before it lost its state directory, write that name into the file 'installation' there and start it again"
    }

    /// What there is of one session.
    private struct Leftover {
        var handle: SwarmHandle
        let identity: SessionIdentity?
        var parts: [String]
    }

    private func add(
        _ part: String, _ labels: [String: String], _ host: DockerHost?, to found: inout [SessionID: Leftover],
        _ fill: (inout SwarmHandle) -> Void
    ) {
        guard let session = labels[ServiceLabels.session].flatMap(SessionID.init(rawValue:)) else { return }
        var left =
            found[session]
            ?? Leftover(
                handle: SwarmHandle(
                    cluster: host, hub: labels[ServiceLabels.hub], session: session, service: part),
                identity: labels.identity, parts: [])
        // What goes with a service is not told beside it.
        if left.handle.id == nil { left.parts.append(part) }
        fill(&left.handle)
        found[session] = left
    }

    /// A handle made from the service itself.
    func handle(of service: SwarmService, as host: DockerHost?) -> SwarmHandle {
        var handle = SwarmHandle(
            cluster: host, hub: service.labels[ServiceLabels.hub], session: service.session, service: service.name)
        handle.id = service.id
        handle.leases = AcceleratorLease.leases(in: service.labels)
        handle.volumes = service.mounts.filter { $0.type == "volume" && $0.labels.isAutoremoved }.map(\.source)
        handle.image = service.image
        handle.restarts = service.restarts
        return handle
    }

    /// The volumes of the manager's own machine that carry our labels.
    private func volumes() async throws -> [SwarmVolume] {
        struct Answer: Decodable {
            let volumes: [SwarmVolume]?

            private enum CodingKeys: String, CodingKey {
                case volumes = "Volumes"
            }
        }
        let filters: DockerFilters = ["label": [ServiceLabels.session]]
        let answer: Answer = try await docker.get("/volumes", query: ["filters": filters.text])
        return answer.volumes ?? []
    }

    /// Where the container of a service answers that an original spawner has made.
    func endpoint(ofOriginal service: SwarmService) async throws -> Endpoint? {
        let filters: DockerFilters = ["service": [service.id]]
        let tasks: [SwarmTask] = try await docker.get("/tasks", query: ["filters": filters.text])
        guard case .running(let task) = TaskVerdict(tasks) else { return nil }
        let question = WayQuestion(
            mode: .auto, networks: service.networks, port: service.port, published: .no, restarts: true,
            alias: service.name)
        // Nothing can be published any more: of the ways that are left, the name is what it was known by.
        let way = try await way(for: question)
        return try await endpoint(
            by: way.opensPort ? .name(service.name, .vip) : way, container: nil, task: task, port: service.port,
            scheme: .http)
    }
}

extension SwarmService {
    /// A variable of its container.
    func variable(_ name: String) -> String? {
        let prefix = name + "="
        return environment.lazy.map { $0.reveal() }.first { $0.hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.count)) }
    }

    /// The port that an original spawner's arguments name: `--ServerApp.port=8888`; 8888, its preset, where none does.
    var port: Int {
        for argument in arguments {
            guard let mark = argument.firstIndex(of: "="), argument[..<mark].hasSuffix("port") else { continue }
            if let port = Int(argument[argument.index(after: mark)...]), (1...65_535).contains(port) { return port }
        }
        return 8888
    }
}

extension [String: String] {
    /// Whether a volume with these labels goes with its session, as SwarmSpawner reads them.
    var isAutoremoved: Bool {
        self["autoremove"].map { $0 != "False" && $0 != "false" } ?? false
    }
}

import Logging
import MultipleSpawner
import Synchronization
import Transport

/// One swarm, through one or several of its managers: what all its sessions share.
///
/// It remembers only what can be asked again. What belongs to a session is in its handle and in Docker's labels.
final class SwarmCluster: Sendable {
    let host: DockerHost
    /// The daemon whose things are looked after.
    let installation: String
    let docker: DockerClient
    /// For calls that last as long as a server takes to end.
    let patientDocker: DockerClient
    /// Every task of ours, in one request for all sessions.
    let tasks: SharedLook<[SessionID: [SwarmTask]]>
    /// The addresses of containers on the bridges of the manager's machine, by their ids.
    let bridges: SharedLook<[String: String]>
    let nodes: NodeBook
    /// What the nodes have, and what of it tasks of anybody reserve.
    let room: SharedLook<SwarmRoom>
    /// Docker's id of the swarm that the managers are in.
    let swarmIDs: SharedLook<String>
    /// Whether it is known which devices the services have.
    let leases = SharedAnswer<Bool>()
    /// How long a server is given to end, where its template does not say.
    let grace: Duration
    let events = ContainerEvents()
    let volumeRemoval: VolumeRemoval
    private let log: Logger
    private let networks = NetworkBook()
    /// When an image was last seen on the manager's machine.
    let imagesSeen = Mutex<[String: ContinuousClock.Instant]>([:])
    private let listening = Mutex<Task<Void, Never>?>(nil)
    /// The handles that were asked about last: what an event's session is called outside.
    private let handles = Mutex<[SessionID: Handle]>([:])

    init(_ host: DockerHost, _ configuration: SwarmConfiguration, log: Logger) {
        self.host = host
        installation = configuration.installation
        grace = configuration.grace
        let docker = DockerClient(host: host, http: configuration.http)
        self.docker = docker
        patientDocker = DockerClient(host: host, http: configuration.patientHTTP)
        var log = log
        log[metadataKey: "docker"] = "\(host)"
        self.log = log
        let nodes = NodeBook { try await docker.get("/nodes") }
        self.nodes = nodes
        room = SharedLook(pace: .seldom) {
            let known = try await nodes.nodes()
            let filters: DockerFilters = ["desired-state": ["running"]]
            let reservations: [SwarmReservation] = try await docker.get("/tasks", query: ["filters": filters.text])
            return SwarmRoom(nodes: Array(known.values), reservations: reservations)
        }
        // On a swarm of one machine, every start of a container is heard; only what does not start has to be looked for.
        tasks = SharedLook(
            patientPace: { [events] in
                guard events.isHeard, await nodes.count == 1 else { return .usual }
                return .seldom
            },
            {
                let filters: DockerFilters = ["label": [ServiceLabels.hub]]
                let all: [SwarmTask] = try await docker.get("/tasks", query: ["filters": filters.text])
                var bySession: [SessionID: [SwarmTask]] = [:]
                for task in all {
                    if let session = task.session { bySession[session, default: []].append(task) }
                }
                return bySession
            })
        // Whoever asks has a container that runs already, and waits for nothing else.
        bridges = SharedLook(pace: .often) {
            var addresses: [String: String] = [:]
            for name in Self.bridgeNames {
                do {
                    let network: SwarmNetwork = try await docker.get("/networks/\(name)")
                    addresses.merge(network.containers) { first, _ in first }
                } catch let error as DockerError where error.isNotFound {
                    continue
                }
            }
            return addresses
        }
        swarmIDs = SharedLook {
            let swarm: Created = try await docker.get("/swarm")
            return swarm.id
        }
        volumeRemoval = VolumeRemoval(docker: docker, nodes: nodes, log: log, logins: configuration.logins)
    }

    deinit {
        listening.withLock { $0?.cancel() }
    }

    /// Where a task without a network is, and where one on an overlay has its way out of it.
    static let bridgeNames = ["docker_gwbridge", "bridge"]

    /// A network by its name or id, as it was not long ago.
    func network(_ name: String) async throws -> SwarmNetwork {
        try await networks.network(name) { [docker] in
            try await docker.get(DockerPath.joined(["networks", name]), query: ["verbose": "true"])
        }
    }

    /// The names of nodes by their ids: nothing where they cannot be asked.
    func nodeNames() async -> [String: String] { await nodes.names() }

    func remember(_ handle: Handle, of session: SessionID) {
        handles.withLock { $0[session] = handle }
    }

    func forget(_ session: SessionID) {
        handles.withLock { $0[session] = nil }
    }

    func handle(of session: SessionID) -> Handle? {
        handles.withLock { $0[session] }
    }

    /// Begins to listen to what the manager's machine tells of its containers, and goes on whatever happens.
    func listen() {
        listening.withLock { task in
            guard task == nil else { return }
            task = Task { [docker, events, log] in
                while !Task.isCancelled {
                    do {
                        try await Self.listen(to: docker, events)
                    } catch {
                        log.debug("no events", metadata: ["reason": "\(error)"])
                    }
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    private static func listen(to docker: DockerClient, _ events: ContainerEvents) async throws {
        let filters: DockerFilters = [
            "type": ["container"], "event": ["start", "die"], "label": [ServiceLabels.hub],
        ]
        let stream = try await docker.open("/events", query: ["filters": filters.text])
        events.setHeard(true)
        defer { events.setHeard(false) }
        for try await line in stream.body.lines() {
            if let event = ContainerEvent(line) { events.hear(event) }
        }
    }
}

/// Networks change seldom, and every start asks for them.
private actor NetworkBook {
    private let clock = ContinuousClock()
    private var known: [String: (network: SwarmNetwork, at: ContinuousClock.Instant)] = [:]

    func network(
        _ name: String, _ fetch: @Sendable () async throws -> SwarmNetwork
    ) async throws -> SwarmNetwork {
        if let entry = known[name], clock.now - entry.at < .seconds(10) { return entry.network }
        let began = clock.now
        let network = try await fetch()
        known[name] = (network, began)
        return network
    }
}

import MultipleSpawner

/// All that is needed to find, watch and stop a session in a swarm. What Docker knows by label is not repeated here.
struct SwarmHandle: Sendable, Hashable, Codable {
    /// The managers that were asked; `nil`: the daemon's own.
    var cluster: DockerHost?
    /// The swarm that it is in, where that is the daemon's own.
    var origin: SwarmOrigin?
    /// The hub that asked for it: nothing of another one's is ever removed. `nil` as `session` is.
    var hub: String?
    /// Its label is on everything that was made for it. `nil` for a service that an original spawner has made.
    var session: SessionID?
    /// The service's name, or its id where an original spawner made it.
    var service: String
    /// Docker's id of the service; `nil` until it has been made, and that it is not there says nothing.
    var id: String?
    /// Volumes that go with the session, by the names that their mounts have.
    var volumes: [String] = []
    /// The nodes that may have these volumes, as far as they are known.
    var nodes: [String] = []
    /// An image that these nodes have, for what has to be done on them.
    var image: String?
    /// Accelerators that the session holds.
    var leases: [AcceleratorLease] = []
    /// Whether Docker starts the container again when it ends.
    var restarts = false
    /// The task that was reached, where another one of the service would be somewhere else.
    var task: String?

    private enum CodingKeys: String, CodingKey {
        case cluster, origin, hub, session, service, id, volumes, nodes, image, leases, restarts, task
    }
}

extension SwarmHandle {
    /// Of a session's tasks those of this service: what is left of an earlier attempt has the same session's label.
    func own(_ tasks: [SwarmTask]) -> [SwarmTask] {
        guard let id else { return tasks }
        return tasks.filter { $0.service == id }
    }

    init(_ handle: Handle) throws(SpawnError) {
        guard handle.backend == SwarmBackend.kind, handle.version == 1 else {
            throw SpawnError(
                .invalidRequest,
                "a handle of '\(handle.backend.rawValue.excerpt)', version \(handle.version), is none of a swarm's")
        }
        self = try handle.decode()
    }

    init(from decoder: any Decoder) throws {
        let handle = try decoder.container(keyedBy: CodingKeys.self)
        cluster = try handle.decodeIfPresent(DockerHost.self, forKey: .cluster)
        origin = try handle.decodeIfPresent(SwarmOrigin.self, forKey: .origin)
        hub = try handle.decodeIfPresent(String.self, forKey: .hub)
        session = try handle.decodeIfPresent(SessionID.self, forKey: .session)
        service = try handle.decode(String.self, forKey: .service)
        id = try handle.decodeIfPresent(String.self, forKey: .id)
        volumes = try handle.decodeIfPresent([String].self, forKey: .volumes) ?? []
        nodes = try handle.decodeIfPresent([String].self, forKey: .nodes) ?? []
        image = try handle.decodeIfPresent(String.self, forKey: .image)
        leases = try handle.decodeIfPresent([AcceleratorLease].self, forKey: .leases) ?? []
        task = try handle.decodeIfPresent(String.self, forKey: .task)
        restarts = try handle.decodeIfPresent(Bool.self, forKey: .restarts) ?? false
    }
}

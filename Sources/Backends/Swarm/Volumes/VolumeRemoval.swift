import Glibc
import Logging
import MultipleSpawner
import Synchronization

/// Removes the volumes that go with a session, on every node of a swarm where they may be.
///
/// - Only volumes that bear the label of the session's hub are removed: their maker, at their making, gave it.
/// - What is on a node that is down is left to Swarm, as a job that runs when the node is back.
/// - Nothing is remembered here that matters after a restart: a daemon that is killed finds its jobs in Swarm.
final class VolumeRemoval: Sendable {
    let docker: DockerClient
    let nodes: NodeBook
    let log: Logger
    /// A job's image may be one that not everybody may pull.
    let logins: RegistryLogins
    /// Every task of jobs that remove volumes, by the ids of their services: one request for all who wait.
    let tasks: SharedLook<[String: [SwarmTask]]>
    /// Where the engine of each node listens, on that node.
    let socket: String
    let program: @Sendable () async throws(SpawnError) -> VolumeProgram
    /// The jobs that a warning was given about.
    let told = Mutex<Set<String>>([])
    private let ownNode = SharedAnswer<String>()

    init(
        docker: DockerClient, nodes: NodeBook, log: Logger, logins: RegistryLogins = RegistryLogins(),
        socket: String = VolumeRemoval.usualSocket,
        program: @escaping @Sendable () async throws(SpawnError) -> VolumeProgram = { () async throws(SpawnError) in
            try await VolumeProgram()
        }
    ) {
        self.docker = docker
        self.nodes = nodes
        self.log = log
        self.logins = logins
        self.socket = socket
        self.program = program
        tasks = SharedLook {
            let filters: DockerFilters = ["label": [ServiceLabels.cleanUp]]
            let all: [SwarmTask] = try await docker.get("/tasks", query: ["filters": filters.text])
            return Dictionary(grouping: all, by: \.service)
        }
    }

    /// `MULTIPLE_SPAWNER_NODE_SOCKET`, else where Docker puts it.
    static var usualSocket: String {
        let path = getenv("MULTIPLE_SPAWNER_NODE_SOCKET").map { String(cString: $0) } ?? ""
        return path.isEmpty ? "/var/run/docker.sock" : path
    }

    /// Removes the volumes of these names on these nodes, and waits for it where a node can be reached.
    ///
    /// - Parameters:
    ///   - nodes: where tasks of the session were; empty where nobody knows, and all nodes are asked.
    ///   - image: for the container of a job: one that is on these nodes.
    /// - Throws: `DockerError`, `SpawnError`, `CancellationError`. Then nothing is forgotten by asking again.
    func remove(
        _ names: [String], of session: SessionID, hub: String, on nodes: Set<String>, image: String?
    ) async throws {
        let names = Set(names).filter { !$0.isEmpty }.sorted()
        guard !names.isEmpty else { return }
        let own = try await ownNodeID()
        let known = try await self.nodes.nodes()
        let isGuess = nodes.isEmpty
        let wanted = isGuess ? Set(known.keys) : nodes
        for node in wanted.subtracting(known.keys) where node != own {
            log.warning(
                "volumes stay on a node that has left the swarm",
                metadata: ["session": "\(session.rawValue)", "node": "\(node)", "volumes": "\(names)"])
        }
        // Written down in Swarm before anything that takes its time.
        var jobs: [(id: String, node: SwarmNode)] = []
        for node in wanted.sorted() where node != own {
            guard let node = known[node] else { continue }
            let id = try await makeJob(for: names, of: session, hub: hub, on: node, image: image, isGuess: isGuess)
            jobs.append((id, node))
        }
        try await withThrowingTaskGroup { group in
            if let own, wanted.contains(own) {
                group.addTask { try await self.removeHere(names, of: session, hub: hub) }
            }
            for job in jobs where job.node.isReady && job.node.isActive {
                group.addTask { try await self.wait(for: job.id, isGuess: isGuess) }
            }
            try await group.waitForAll()
        }
        if !jobs.isEmpty { await dropPrograms() }
    }

    /// The node whose engine answers; `nil` where several managers stand in for one another: any of them may answer,
    /// and a volume that one does not have may be on another.
    func ownNodeID() async throws -> String? {
        struct Info: Decodable {
            struct Swarm: Decodable {
                let node: String

                private enum CodingKeys: String, CodingKey {
                    case node = "NodeID"
                }
            }

            let swarm: Swarm

            private enum CodingKeys: String, CodingKey {
                case swarm = "Swarm"
            }
        }
        guard docker.host.managers.count == 1 else { return nil }
        return try await ownNode.get { [docker] in
            let info: Info = try await docker.get("/info")
            return info.swarm.node
        }
    }
}

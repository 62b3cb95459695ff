import Crypto
import MultipleSpawner

/// The body of `POST /services/create` for a service that runs once on one node and removes volumes there.
///
/// Docker's API removes volumes only on the engine that is asked, and the engines of workers cannot be. Swarm remembers
/// the job while the node is down, and tries again for as long as it fails. Nothing of the image is executed.
struct VolumeJob: Encodable, Sendable, Hashable {
    let volumes: [String]
    let session: SessionID
    let hub: String
    let node: String
    /// One that is on the node; any will do.
    let image: String
    /// The program, as a config.
    let config: (name: String, id: String)
    /// Where the node's own engine listens.
    let socket: String
    /// Seconds for which a volume that is in use is tried again.
    let patience: Int
    /// Whether nobody knows if the session was ever on that node.
    let isGuess: Bool

    /// The same for the same task, so that asking twice makes one.
    var name: String {
        let identity = ([hub, session.rawValue, node] + volumes).joined(separator: "\0")
        return "multiplespawner-volumes-" + SHA256.hash(data: Array(identity.utf8)).hexadecimal.prefix(32)
    }

    static func == (one: VolumeJob, other: VolumeJob) -> Bool {
        one.name == other.name && one.image == other.image && one.config == other.config
            && one.socket == other.socket && one.patience == other.patience && one.isGuess == other.isGuess
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }

    private enum CodingKeys: String, CodingKey {
        case name = "Name"
        case labels = "Labels"
        case task = "TaskTemplate"
        case mode = "Mode"
    }

    func encode(to encoder: any Encoder) throws {
        var encoded = encoder.container(keyedBy: CodingKeys.self)
        try encoded.encode(name, forKey: .name)
        try encoded.encode(labels, forKey: .labels)
        try encoded.encode(task, forKey: .task)
        try encoded.encode(["ReplicatedJob": ["MaxConcurrent": 1, "TotalCompletions": 1]], forKey: .mode)
    }

    private var labels: [String: String] {
        var labels = [
            ServiceLabels.cleanUp: session.rawValue, ServiceLabels.node: node, ServiceLabels.hub: hub,
            ServiceLabels.version: ServiceLabels.currentVersion,
        ]
        if isGuess { labels[ServiceLabels.guess] = "1" }
        return labels
    }

    private var task: TaskSpecification {
        TaskSpecification(
            container: container,
            restartPolicy: RestartPolicy(condition: "on-failure", delay: 60 * Self.second),
            placement: PlacementSpecification(constraints: ["node.id==\(node)"]),
            // Whatever the engine does with other logs, this one is read.
            logDriver: NamedDriver(name: "json-file"))
    }

    private var container: ContainerSpecification {
        var container = ContainerSpecification(image: image)
        container.labels = [ServiceLabels.cleanUp: session.rawValue]
        container.command = [VolumeProgram.target]
        container.arguments =
            ["--socket", Self.socketTarget, "--patience", String(patience), "\(ServiceLabels.hub)=\(hub)"] + volumes
        container.directory = "/"
        // Who owns the socket can open it without any capability.
        container.user = "0:0"
        container.droppedCapabilities = ["ALL"]
        container.isReadOnly = true
        container.hasInit = false
        // The image's own would be executed.
        container.healthcheck = Healthcheck(test: ["NONE"])
        // Where SELinux is on, no container reaches the socket otherwise; elsewhere it means nothing.
        container.privileges = Privileges(selinux: Privileges.SELinux(isDisabled: true))
        container.stopGracePeriod = Self.second
        container.mounts = [MountSpecification(kind: .bind, source: socket, target: Self.socketTarget)]
        container.configs = [
            FileReference(
                kind: .config, name: config.name, id: config.id,
                file: FileTarget(name: VolumeProgram.target, mode: 0o555))
        ]
        return container
    }

    /// Not the usual place: an image may have a link there, which the mount would follow.
    static let socketTarget = "/multiplespawner-docker.sock"
    private static let second = 1_000_000_000
}

extension VolumeJob {
    /// The volumes that a job's arguments name.
    static func volumes(in arguments: [String]) -> [String] { Array(arguments.dropFirst(5)) }
}

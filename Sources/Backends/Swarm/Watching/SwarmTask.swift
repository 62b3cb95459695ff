import MultipleSpawner

/// One attempt of Docker to run a service's container, as `GET /tasks` tells it; only what is looked at here.
///
/// Shapes and states: Docker Engine API 1.41, `Task`.
struct SwarmTask: Sendable, Hashable {
    let id: String
    /// RFC 3339 with up to nine digits of a second.
    let created: String
    let session: SessionID?
    let service: String
    /// `nil` until a node was chosen.
    let node: String?
    let state: State
    let desired: State
    /// Why it failed, or what it waits for.
    let problem: String?
    let container: String?
    let exitCode: Int32?
    /// RFC 3339: since when it is in its state.
    let since: String
    let networks: [Attachment]
    let ports: [Port]

    enum State: String, Sendable, Hashable, Decodable {
        case new, allocated, pending, assigned, accepted, preparing, ready, starting, running
        case complete, shutdown, failed, rejected, remove, orphaned

        /// A state of an engine that is newer than this list: nothing is concluded from it.
        case unknown

        init(from decoder: any Decoder) throws {
            let name = try decoder.singleValueContainer().decode(String.self)
            self = Self(rawValue: name) ?? .unknown
        }

        /// Whether nothing follows.
        var isFinal: Bool {
            switch self {
            case .complete, .shutdown, .failed, .rejected, .remove, .orphaned: true
            default: false
            }
        }

        /// Whether Docker wants the task to be gone.
        var isEnd: Bool { self == .shutdown || self == .remove }
    }

    /// A network that the task is on.
    struct Attachment: Sendable, Hashable {
        let network: String
        let name: String
        /// Without the length of the prefix.
        let address: String
    }

    /// A port of the node that leads to one of the task: publish mode `host`.
    struct Port: Sendable, Hashable {
        let target: Int
        let published: Int
    }
}

extension SwarmTask {
    /// Orders tasks by their creation. Go leaves out zeros at the end of a fraction, so text alone would not do.
    func isNewer(than other: SwarmTask) -> Bool {
        (Self.instant(created), id) > (Self.instant(other.created), other.id)
    }

    private static func instant(_ text: String) -> String {
        let parts = text.dropLast(text.hasSuffix("Z") ? 1 : 0).split(separator: ".", maxSplits: 1)
        let fraction = parts.count > 1 ? parts[1] : ""
        return parts.first.map { "\($0).\(fraction)" + String(repeating: "0", count: max(0, 9 - fraction.count)) } ?? ""
    }
}

extension SwarmTask: Decodable {
    private enum Key: String, CodingKey {
        case id = "ID"
        case created = "CreatedAt"
        case spec = "Spec"
        case container = "ContainerSpec"
        case labels = "Labels"
        case service = "ServiceID"
        case node = "NodeID"
        case status = "Status"
        case state = "State"
        case desired = "DesiredState"
        case problem = "Err"
        case since = "Timestamp"
        case containerStatus = "ContainerStatus"
        case containerID = "ContainerID"
        case exitCode = "ExitCode"
        case portStatus = "PortStatus"
        case ports = "Ports"
        case networks = "NetworksAttachments"
    }

    init(from decoder: any Decoder) throws {
        let task = try decoder.container(keyedBy: Key.self)
        id = try task.decode(String.self, forKey: .id)
        created = try task.decodeIfPresent(String.self, forKey: .created) ?? ""
        service = try task.decodeIfPresent(String.self, forKey: .service) ?? ""
        node = try task.decodeIfPresent(String.self, forKey: .node).flatMap { $0.isEmpty ? nil : $0 }
        desired = try task.decodeIfPresent(State.self, forKey: .desired) ?? .unknown
        // A container's labels travel with the task; the service's own do not.
        let labels = try? task.nestedContainer(keyedBy: Key.self, forKey: .spec)
            .nestedContainer(keyedBy: Key.self, forKey: .container)
            .decodeIfPresent([String: String].self, forKey: .labels)
        session = labels?[ServiceLabels.session].flatMap(SessionID.init(rawValue:))

        let status = try task.nestedContainer(keyedBy: Key.self, forKey: .status)
        state = try status.decodeIfPresent(State.self, forKey: .state) ?? .unknown
        problem = try status.decodeIfPresent(String.self, forKey: .problem)
            .flatMap { $0.isEmpty ? nil : $0.withoutMountOptions }
        since = try status.decodeIfPresent(String.self, forKey: .since) ?? ""
        let run = try? status.nestedContainer(keyedBy: Key.self, forKey: .containerStatus)
        container = try run?.decodeIfPresent(String.self, forKey: .containerID).flatMap { $0.isEmpty ? nil : $0 }
        exitCode = try run?.decodeIfPresent(Int32.self, forKey: .exitCode)
        let opened = try? status.nestedContainer(keyedBy: Key.self, forKey: .portStatus)
        ports = try opened?.decodeIfPresent([Port].self, forKey: .ports) ?? []
        networks = try task.decodeIfPresent([Attachment].self, forKey: .networks) ?? []
    }
}

extension SwarmTask.Port: Decodable {
    private enum CodingKeys: String, CodingKey {
        case target = "TargetPort"
        case published = "PublishedPort"
    }

    init(from decoder: any Decoder) throws {
        let port = try decoder.container(keyedBy: CodingKeys.self)
        target = try port.decodeIfPresent(Int.self, forKey: .target) ?? 0
        published = try port.decodeIfPresent(Int.self, forKey: .published) ?? 0
    }
}

extension SwarmTask.Attachment: Decodable {
    private enum Key: String, CodingKey {
        case network = "Network"
        case id = "ID"
        case spec = "Spec"
        case name = "Name"
        case addresses = "Addresses"
    }

    init(from decoder: any Decoder) throws {
        let attachment = try decoder.container(keyedBy: Key.self)
        let network = try attachment.nestedContainer(keyedBy: Key.self, forKey: .network)
        self.network = try network.decode(String.self, forKey: .id)
        let spec = try? network.nestedContainer(keyedBy: Key.self, forKey: .spec)
        name = try spec?.decodeIfPresent(String.self, forKey: .name) ?? ""
        let addresses = try attachment.decodeIfPresent([String].self, forKey: .addresses) ?? []
        address = addresses.first.map { String($0.prefix { $0 != "/" }) } ?? ""
    }
}

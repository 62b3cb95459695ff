import MultipleSpawner

/// A service, as `GET /services` tells it; only what is looked at here.
struct SwarmService: Sendable {
    let id: String
    let name: String
    let labels: [String: String]
    let image: String
    let arguments: [String]
    /// `NAME=value`. It may hold tokens: it is compared, and never shown.
    let environment: [Secret]
    let mounts: [Mount]
    let networks: [String]
    /// Whether its output comes from a terminal, in one stream.
    let hasTerminal: Bool
    /// Whether Docker starts its container again when it ends.
    let restarts: Bool
    /// How long its container is given to end; `nil`: Docker's own ten seconds.
    let grace: Duration?

    struct Mount: Sendable, Hashable {
        let type: String
        let source: String
        let labels: [String: String]
    }

    /// The session that it belongs to, where it is one of ours.
    var session: SessionID? { labels[ServiceLabels.session].flatMap(SessionID.init(rawValue:)) }

    /// Whose server it is, where it is one of ours.
    var identity: SessionIdentity? { labels.identity }
}

extension [String: String] {
    /// Whose server the labels tell of.
    var identity: SessionIdentity? {
        guard let hub = self[ServiceLabels.hub], let user = self[ServiceLabels.user] else { return nil }
        return try? SessionIdentity(hub: hub, user: user, server: self[ServiceLabels.server] ?? "")
    }
}

extension SwarmService: Decodable {
    private enum Key: String, CodingKey {
        case id = "ID"
        case spec = "Spec"
        case name = "Name"
        case labels = "Labels"
        case template = "TaskTemplate"
        case container = "ContainerSpec"
        case image = "Image"
        case arguments = "Args"
        case environment = "Env"
        case mounts = "Mounts"
        case networks = "Networks"
        case restartPolicy = "RestartPolicy"
        case condition = "Condition"
        case terminal = "TTY"
        case grace = "StopGracePeriod"
    }

    private struct Attachment: Decodable {
        let target: String?

        private enum CodingKeys: String, CodingKey {
            case target = "Target"
        }
    }

    init(from decoder: any Decoder) throws {
        let service = try decoder.container(keyedBy: Key.self)
        id = try service.decode(String.self, forKey: .id)
        let spec = try service.nestedContainer(keyedBy: Key.self, forKey: .spec)
        name = try spec.decode(String.self, forKey: .name)
        labels = try spec.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
        let template = try spec.nestedContainer(keyedBy: Key.self, forKey: .template)
        networks = try (template.decodeIfPresent([Attachment].self, forKey: .networks) ?? []).compactMap(\.target)
        let container = try? template.nestedContainer(keyedBy: Key.self, forKey: .container)
        image = try container?.decodeIfPresent(String.self, forKey: .image) ?? ""
        arguments = try container?.decodeIfPresent([String].self, forKey: .arguments) ?? []
        environment = try (container?.decodeIfPresent([String].self, forKey: .environment) ?? []).map { Secret($0) }
        mounts = try container?.decodeIfPresent([Mount].self, forKey: .mounts) ?? []
        hasTerminal = try container?.decodeIfPresent(Bool.self, forKey: .terminal) ?? false
        grace = try container?.decodeIfPresent(Int64.self, forKey: .grace).map { .nanoseconds($0) }
        let policy = try? template.nestedContainer(keyedBy: Key.self, forKey: .restartPolicy)
        // Docker's own preset is to start again whatever happens.
        restarts = try policy?.decodeIfPresent(String.self, forKey: .condition) != "none"
    }
}

extension SwarmService.Mount: Decodable {
    private enum Key: String, CodingKey {
        case type = "Type"
        case source = "Source"
        case options = "VolumeOptions"
        case labels = "Labels"
    }

    init(from decoder: any Decoder) throws {
        let mount = try decoder.container(keyedBy: Key.self)
        type = try mount.decodeIfPresent(String.self, forKey: .type) ?? ""
        source = try mount.decodeIfPresent(String.self, forKey: .source) ?? ""
        let options = try? mount.nestedContainer(keyedBy: Key.self, forKey: .options)
        labels = try options?.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
    }
}

/// A config or a secret, `GET /configs` and `GET /secrets`: its content stays with Docker.
struct SwarmFile: Sendable, Decodable {
    let id: String
    let name: String
    let labels: [String: String]

    private enum Key: String, CodingKey {
        case id = "ID"
        case spec = "Spec"
        case name = "Name"
        case labels = "Labels"
    }

    init(from decoder: any Decoder) throws {
        let file = try decoder.container(keyedBy: Key.self)
        id = try file.decode(String.self, forKey: .id)
        let spec = try file.nestedContainer(keyedBy: Key.self, forKey: .spec)
        name = try spec.decode(String.self, forKey: .name)
        labels = try spec.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
    }
}

/// A volume of one machine, `GET /volumes`.
struct SwarmVolume: Sendable, Decodable {
    let name: String
    let labels: [String: String]?

    private enum CodingKeys: String, CodingKey {
        case name = "Name"
        case labels = "Labels"
    }
}

/// What a service's task is made of.
struct TaskSpecification: Encodable, Sendable, Hashable, Withheld {
    var container: ContainerSpecification
    var resources: ResourceRequirements?
    var restartPolicy: RestartPolicy
    var placement: PlacementSpecification?
    var networks: [NetworkAttachment]?
    var logDriver: NamedDriver?

    private enum CodingKeys: String, CodingKey {
        case container = "ContainerSpec"
        case resources = "Resources"
        case restartPolicy = "RestartPolicy"
        case placement = "Placement"
        // Here, and not beside the task: Docker Engine 29 knows no other place.
        case networks = "Networks"
        case logDriver = "LogDriver"
    }
}

/// A driver by its name, with what it needs to know: of logs, of a volume.
struct NamedDriver: Encodable, Sendable, Hashable, Withheld {
    var name: String
    var options: [String: String]?

    private enum CodingKeys: String, CodingKey {
        case name = "Name"
        case options = "Options"
    }
}

/// A network that a task is on.
struct NetworkAttachment: Encodable, Sendable, Hashable {
    /// Its name or id.
    var target: String
    var aliases: [String]?

    private enum CodingKeys: String, CodingKey {
        case target = "Target"
        case aliases = "Aliases"
    }
}

/// When Docker starts a container again. A notebook that ended is the hub's business: `none`.
struct RestartPolicy: Encodable, Sendable, Hashable {
    var condition = "none"
    var delay: Int?
    var mostAttempts: Int?
    var window: Int?

    private enum CodingKeys: String, CodingKey {
        case condition = "Condition"
        case delay = "Delay"
        case mostAttempts = "MaxAttempts"
        case window = "Window"
    }
}

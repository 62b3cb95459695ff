import MultipleSpawner

/// A machine as Oracle's cloud describes it.
struct OCIInstance: Sendable, Hashable {
    enum State: String, Sendable, Hashable {
        case moving = "MOVING"
        case provisioning = "PROVISIONING"
        case starting = "STARTING"
        case running = "RUNNING"
        case stopping = "STOPPING"
        case stopped = "STOPPED"
        case creatingImage = "CREATING_IMAGE"
        case terminating = "TERMINATING"
        case terminated = "TERMINATED"

        /// Whether it is gone, or on its way there.
        var isOver: Bool { self == .terminated || self == .terminating }
    }

    let id: String
    let name: String
    /// `nil` for a state that is new to us.
    let state: State?
    let shape: String
    let domain: String
    let created: String
    let tags: [String: String]

    /// `nil` where the value has no id.
    init?(_ value: JSONValue) {
        guard let id = value["id"]?.filledString else { return nil }
        self.id = id
        name = value["displayName"]?.stringValue ?? ""
        state = value["lifecycleState"]?.stringValue.flatMap { State(rawValue: $0) }
        shape = value["shape"]?.stringValue ?? ""
        domain = value["availabilityDomain"]?.stringValue ?? ""
        created = value["timeCreated"]?.stringValue ?? ""
        tags = (value["freeformTags"]?.objectValue ?? [:]).compactMapValues(\.stringValue)
    }

    /// Whether it may be used, or become usable.
    var isLiving: Bool { state?.isOver != true }
}

extension OCIInstance: CustomStringConvertible {
    /// `alice (VM.Standard.E4.Flex, RUNNING)`.
    var description: String {
        "\(name.excerpt) (\(shape.excerpt), \(state?.rawValue ?? "in a state that is not known"))"
    }
}

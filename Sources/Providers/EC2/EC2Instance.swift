import MultipleSpawner

/// A machine as EC2 describes it.
struct EC2Instance: Sendable, Hashable {
    enum State: String, Sendable, Hashable {
        case pending, running, stopping, stopped, terminated
        case shuttingDown = "shutting-down"

        /// Whether it is gone, or on its way there.
        var isOver: Bool { self == .terminated || self == .shuttingDown }
    }

    let id: String
    /// `nil` for a state that is new to us.
    let state: State?
    let type: String
    let zone: String?
    let publicAddress: String?
    let privateAddress: String?
    /// Why it is in its state, where EC2 says so: `Server.InsufficientInstanceCapacity`.
    let reasonCode: String?
    let reason: String?
    /// When it was asked for, in seconds since 1970.
    let launched: Int?
    let tags: [String: String]

    /// `nil` where the element has no id.
    init?(_ element: XMLElement) {
        guard let id = element.value("instanceId") else { return nil }
        self.id = id
        state = element.value("instanceState", "name").flatMap { State(rawValue: $0) }
        type = element.value("instanceType") ?? ""
        zone = element.value("placement", "availabilityZone")
        publicAddress = element.value("ipAddress")
        privateAddress = element.value("privateIpAddress")
        reasonCode = element.value("stateReason", "code")
        reason = element.value("stateReason", "message") ?? element.value("reason")
        launched = element.value("launchTime").flatMap { CalendarTime(extended: $0)?.seconds }
        tags = element.items("tagSet").reduce(into: [:]) { tags, item in
            guard let key = item.value("key") else { return }
            tags[key] = item.value("value") ?? ""
        }
    }

    /// Whether it may be used, or become usable.
    var isLiving: Bool { state?.isOver != true }
}

extension EC2Instance: CustomStringConvertible {
    /// `i-0abc (t3.small, running)`.
    var description: String { "\(id.excerpt) (\(type.excerpt), \(state?.rawValue ?? "in a state that is not known"))" }
}

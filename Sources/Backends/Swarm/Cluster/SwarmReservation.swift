/// What a task of anybody holds of its node, as `GET /tasks` tells it.
struct SwarmReservation: Sendable, Hashable {
    /// `nil` until a node was chosen.
    let node: String?
    let state: SwarmTask.State
    let amount: SwarmAmount

    /// Whether Docker's scheduler counts it: from the moment at which it waits for a node until it has ended.
    var isHeld: Bool { !state.isFinal && state != .new && state != .allocated }
}

extension SwarmReservation: Decodable {
    private enum Key: String, CodingKey {
        case node = "NodeID"
        case status = "Status"
        case state = "State"
        case spec = "Spec"
        case resources = "Resources"
        case reservations = "Reservations"
    }

    init(from decoder: any Decoder) throws {
        let task = try decoder.container(keyedBy: Key.self)
        node = try task.decodeIfPresent(String.self, forKey: .node).flatMap { $0.isEmpty ? nil : $0 }
        let status = try? task.nestedContainer(keyedBy: Key.self, forKey: .status)
        state = try status?.decodeIfPresent(SwarmTask.State.self, forKey: .state) ?? .unknown
        let resources = try? task.nestedContainer(keyedBy: Key.self, forKey: .spec)
            .nestedContainer(keyedBy: Key.self, forKey: .resources)
        amount = try resources?.decodeIfPresent(SwarmAmount.self, forKey: .reservations) ?? SwarmAmount()
    }
}

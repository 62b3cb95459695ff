/// A machine of the swarm, as `GET /nodes` tells it.
struct SwarmNode: Sendable, Hashable {
    let id: String
    let name: String
    /// Where its managers reach it; `nil` where Docker only knows that it is itself.
    let address: String?
    let isReady: Bool
    /// Whether Docker places new tasks on it.
    let isActive: Bool
    /// What it has in all.
    let amount: SwarmAmount
}

extension SwarmNode: Decodable {
    private enum Key: String, CodingKey {
        case id = "ID"
        case description = "Description"
        case hostname = "Hostname"
        case resources = "Resources"
        case status = "Status"
        case state = "State"
        case address = "Addr"
        case spec = "Spec"
        case availability = "Availability"
    }

    init(from decoder: any Decoder) throws {
        let node = try decoder.container(keyedBy: Key.self)
        id = try node.decode(String.self, forKey: .id)
        let description = try? node.nestedContainer(keyedBy: Key.self, forKey: .description)
        name = try description?.decodeIfPresent(String.self, forKey: .hostname) ?? id
        amount = try description?.decodeIfPresent(SwarmAmount.self, forKey: .resources) ?? SwarmAmount()
        let status = try? node.nestedContainer(keyedBy: Key.self, forKey: .status)
        isReady = try status?.decodeIfPresent(String.self, forKey: .state) == "ready"
        let given = try status?.decodeIfPresent(String.self, forKey: .address) ?? ""
        address = given.isEmpty || given == "0.0.0.0" ? nil : given
        let spec = try? node.nestedContainer(keyedBy: Key.self, forKey: .spec)
        isActive = try spec?.decodeIfPresent(String.self, forKey: .availability) == "active"
    }
}

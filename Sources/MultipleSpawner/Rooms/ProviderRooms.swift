/// How full each provider is: what it said last, and how many sessions of ours it has.
public struct ProviderRooms: Sendable, Hashable {
    /// Nobody was asked.
    public static let unknown = ProviderRooms()

    private let availability: [String: Availability]
    private let sessions: [String: Int]

    public init(availability: [String: Availability] = [:], sessions: [String: Int] = [:]) {
        self.availability = availability
        self.sessions = sessions
    }

    /// What is free at a provider.
    ///
    /// - Parameter countsMachines: whether what the provider says is for these sessions; else only its `capacity` counts.
    func room(at provider: ProviderEntry, countingMachines countsMachines: Bool = true) -> Room {
        let said = countsMachines ? availability[provider.name] ?? .unknown : .unknown
        let capacity = provider.capacity.hardware
        let places = provider.capacity.sessions.map { max(0, $0 - sessions[provider.name, default: 0]) }
        var problem = said.problem
        if problem == nil, places == 0, let most = provider.capacity.sessions {
            problem = most == 0 ? "it takes no sessions" : "all \(most) places are taken"
        }
        return Room(
            sessions: least(said.sessions, places), memory: least(said.memory, capacity.memory),
            cpu: least(said.cpu, capacity.cpu), gpu: least(said.gpu, capacity.gpu), problem: problem,
            costPerHour: provider.costPerHour)
    }

    private func least<Value: Comparable>(_ first: Value?, _ second: Value?) -> Value? {
        guard let first, let second else { return first ?? second }
        return min(first, second)
    }
}

extension Catalogue {
    /// What is free at a provider, whatever is started there.
    public func room(at provider: ProviderEntry, in rooms: ProviderRooms) -> Room {
        rooms.room(at: provider)
    }

    /// What is free at a provider for sessions of a template.
    public func room(of template: Template, at provider: ProviderEntry, in rooms: ProviderRooms) -> Room {
        rooms.room(at: provider, countingMachines: providerMakers[provider.kind]?.hasRoom(template.backend) ?? true)
    }
}

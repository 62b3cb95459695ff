import MultipleSpawner

/// What a swarm has free: what its nodes have, less what tasks reserve there. Docker places by the same sum.
struct SwarmRoom: Sendable, Hashable {
    /// What is left of each node on which tasks are placed.
    let free: [SwarmAmount]
    /// Why there is nothing, where nothing is placed anywhere.
    let problem: String?

    init(nodes: [SwarmNode], reservations: [SwarmReservation]) {
        let serving = nodes.filter { $0.isReady && $0.isActive }
        var left = Dictionary(serving.map { ($0.id, $0.amount) }, uniquingKeysWith: { first, _ in first })
        for reservation in reservations where reservation.isHeld {
            guard let node = reservation.node, let amount = left[node] else { continue }
            left[node] = amount - reservation.amount
        }
        free = Array(left.values)
        problem = serving.isEmpty ? Self.problem(of: nodes) : nil
    }

    private static func problem(of nodes: [SwarmNode]) -> String {
        let ready = nodes.count(where: \.isReady)
        return ready == 0 ? "no node of the swarm is ready" : "no node of the swarm takes new servers"
    }

    /// The most that one node has free of each; how many sessions that is, what they reserve decides.
    var availability: Availability {
        guard problem == nil else { return Availability(sessions: 0, problem: problem) }
        let memory = free.map(\.memory).max() ?? 0
        let cores = free.map(\.nanoCores).max() ?? 0
        // A server that reserves nothing still finds a place.
        return Availability(
            memory: max(0, memory), cpu: Double(max(0, cores)) / 1e9, gpu: max(0, free.map(\.gpus).max() ?? 0))
    }
}

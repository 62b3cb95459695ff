/// The nodes of a cluster, remembered for a moment: they change seldom, and everybody asks.
actor NodeBook {
    private let fetch: @Sendable () async throws -> [SwarmNode]
    private let clock = ContinuousClock()
    private var known: (nodes: [String: SwarmNode], at: ContinuousClock.Instant)?
    private var asking: Task<[String: SwarmNode], any Error>?

    init(_ fetch: @escaping @Sendable () async throws -> [SwarmNode]) {
        self.fetch = fetch
    }

    /// The nodes by their ids, not older than `age`.
    func nodes(within age: Duration = .seconds(5)) async throws -> [String: SwarmNode] {
        if let known, clock.now - known.at < age { return known.nodes }
        // Who asks while the answer is on its way gets the same.
        if let asking { return try await asking.value }
        let task = Task { [fetch] in
            Dictionary(try await fetch().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        }
        asking = task
        defer { asking = nil }
        let began = clock.now
        let nodes = try await task.value
        known = (nodes, began)
        return nodes
    }

    /// How many nodes there were when they were asked for last.
    var count: Int? { known?.nodes.count }

    /// What the nodes are called, for messages: nothing where they cannot be asked.
    func names() async -> [String: String] {
        let nodes = (try? await nodes(within: .seconds(60))) ?? [:]
        return nodes.mapValues(\.name)
    }
}

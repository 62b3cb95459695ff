import MultipleSpawner

/// Holds a user's placement to what the policy allows. It can only narrow the template's.
struct UserPlacement {
    let policy: UserOptionPolicy

    /// The template's `placement` with the user's constraints beside its own.
    func apply(_ wanted: JSONValue) throws(SpawnError) -> JSONValue {
        try policy.require("placement")
        let own = Self.object(wanted)
        let constraints = own["constraints"]?.arrayValue ?? []
        for constraint in constraints.compactMap(\.stringValue) { try check(constraint) }
        var placement = Self.object(policy.options["placement"])
        let joined = (placement["constraints"]?.arrayValue ?? []) + constraints
        if !joined.isEmpty { placement["constraints"] = .array(joined) }
        // Platforms are alternatives: the template's must not grow. How many run on a node is not a user's business.
        placement["platforms"] = placement["platforms"] ?? own["platforms"]
        placement["preferences"] = own["preferences"] ?? placement["preferences"]
        return .object(placement)
    }

    /// What nodes say of themselves may be asked for; which node it is, or that it is a manager, has a key of its own.
    private func check(_ constraint: String) throws(SpawnError) {
        let key = constraint.prefix { $0 != "=" && $0 != "!" }.filter { !$0.isWhitespace }.lowercased()
        let isCommon = ["node.labels.", "engine.labels.", "node.platform."].contains { key.hasPrefix($0) }
        if !isCommon {
            try policy.require("placement.nodes", "as '\(constraint.excerpt)' names nodes or managers")
        }
    }

    private static func object(_ placement: JSONValue?) -> [String: JSONValue] {
        if let constraints = placement?.arrayValue { return ["constraints": .array(constraints)] }
        return placement?.objectValue ?? [:]
    }
}

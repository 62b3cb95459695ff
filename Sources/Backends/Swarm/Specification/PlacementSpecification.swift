/// Which nodes a task may run on.
struct PlacementSpecification: Encodable, Sendable, Hashable {
    struct Preference: Encodable, Sendable, Hashable {
        /// `node.labels.zone`.
        var spread: String

        private enum CodingKeys: String, CodingKey {
            case spread = "Spread"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(["SpreadDescriptor": spread], forKey: .spread)
        }
    }

    struct Platform: Encodable, Sendable, Hashable {
        var architecture: String?
        var system: String?

        private enum CodingKeys: String, CodingKey {
            case architecture = "Architecture"
            case system = "OS"
        }
    }

    var constraints: [String]?
    var preferences: [Preference]?
    var platforms: [Platform]?
    var mostReplicas: Int?

    /// Whether a constraint names one node: `node.hostname == gpu-1`.
    var isOfOneNode: Bool {
        (constraints ?? []).contains { constraint in
            let parts = constraint.split(separator: "==", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
            return parts.count == 2 && ["node.id", "node.hostname"].contains(parts[0])
        }
    }

    private enum CodingKeys: String, CodingKey {
        case constraints = "Constraints"
        case preferences = "Preferences"
        case platforms = "Platforms"
        case mostReplicas = "MaxReplicas"
    }
}

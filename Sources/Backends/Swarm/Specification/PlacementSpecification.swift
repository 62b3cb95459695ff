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

    private enum CodingKeys: String, CodingKey {
        case constraints = "Constraints"
        case preferences = "Preferences"
        case platforms = "Platforms"
        case mostReplicas = "MaxReplicas"
    }
}

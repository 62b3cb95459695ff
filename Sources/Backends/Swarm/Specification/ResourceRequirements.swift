/// What a task may use, and what a node must have free for it.
struct ResourceRequirements: Encodable, Sendable, Hashable {
    struct Limits: Encodable, Sendable, Hashable {
        var nanoCPUs: Int?
        /// Bytes.
        var memory: Int?
        var processes: Int?

        private enum CodingKeys: String, CodingKey {
            case nanoCPUs = "NanoCPUs"
            case memory = "MemoryBytes"
            case processes = "Pids"
        }
    }

    struct Reservations: Encodable, Sendable, Hashable {
        var nanoCPUs: Int?
        /// Bytes.
        var memory: Int?
        var generic: [GenericResource]?

        private enum CodingKeys: String, CodingKey {
            case nanoCPUs = "NanoCPUs"
            case memory = "MemoryBytes"
            case generic = "GenericResources"
        }
    }

    var limits: Limits?
    var reservations: Reservations?

    private enum CodingKeys: String, CodingKey {
        case limits = "Limits"
        case reservations = "Reservations"
    }
}

/// Something that nodes announce by a name of their own.
enum GenericResource: Encodable, Sendable, Hashable {
    case discrete(kind: String, count: Int)
    case named(kind: String, name: String)

    var kind: String {
        switch self {
        case .discrete(let kind, _), .named(let kind, _): kind
        }
    }

    private enum CodingKeys: String, CodingKey {
        case discrete = "DiscreteResourceSpec"
        case named = "NamedResourceSpec"
    }

    private enum PartKeys: String, CodingKey {
        case kind = "Kind"
        case value = "Value"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .discrete(let kind, let count):
            var part = container.nestedContainer(keyedBy: PartKeys.self, forKey: .discrete)
            try part.encode(kind, forKey: .kind)
            try part.encode(count, forKey: .value)
        case .named(let kind, let name):
            var part = container.nestedContainer(keyedBy: PartKeys.self, forKey: .named)
            try part.encode(kind, forKey: .kind)
            try part.encode(name, forKey: .value)
        }
    }
}

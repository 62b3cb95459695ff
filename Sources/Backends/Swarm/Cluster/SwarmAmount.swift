/// How much a node has, or a task reserves.
struct SwarmAmount: Sendable, Hashable {
    /// Bytes.
    var memory = 0
    /// Billionths of a core, as Docker counts them.
    var nanoCores = 0
    /// Generic resources, by their kinds: `NVIDIA-GPU`.
    var devices: [String: Int] = [:]

    /// The devices that are GPUs, as their kinds' names say.
    var gpus: Int { devices.reduce(0) { $1.key.lowercased().contains("gpu") ? $0 + $1.value : $0 } }

    static func - (first: SwarmAmount, second: SwarmAmount) -> SwarmAmount {
        SwarmAmount(
            memory: first.memory - second.memory, nanoCores: first.nanoCores - second.nanoCores,
            devices: first.devices.merging(second.devices.mapValues { -$0 }, uniquingKeysWith: +))
    }
}

extension SwarmAmount: Decodable {
    private enum Key: String, CodingKey {
        case nanoCores = "NanoCPUs"
        case memory = "MemoryBytes"
        case devices = "GenericResources"
    }

    /// One named device, or so many of a kind.
    private struct Device: Decodable {
        let named: Named?
        let counted: Counted?

        struct Named: Decodable {
            let kind: String

            private enum CodingKeys: String, CodingKey {
                case kind = "Kind"
            }
        }

        struct Counted: Decodable {
            let kind: String
            let count: Int?

            private enum CodingKeys: String, CodingKey {
                case kind = "Kind"
                case count = "Value"
            }
        }

        private enum CodingKeys: String, CodingKey {
            case named = "NamedResourceSpec"
            case counted = "DiscreteResourceSpec"
        }
    }

    init(from decoder: any Decoder) throws {
        let amount = try decoder.container(keyedBy: Key.self)
        memory = try amount.decodeIfPresent(Int.self, forKey: .memory) ?? 0
        nanoCores = try amount.decodeIfPresent(Int.self, forKey: .nanoCores) ?? 0
        for device in try amount.decodeIfPresent([Device].self, forKey: .devices) ?? [] {
            if let named = device.named { devices[named.kind, default: 0] += 1 }
            if let counted = device.counted { devices[counted.kind, default: 0] += counted.count ?? 0 }
        }
    }
}

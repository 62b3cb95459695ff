import MultipleSpawner

/// What options say about a container's resources, before anybody's choice is known.
struct ResourceOptions: Sendable, Hashable {
    /// NanoCPUs.
    let cpuLimit: Int?
    let cpuReservation: Int?
    /// Bytes.
    let memoryLimit: Int?
    let memoryReservation: Int?
    let mostProcesses: Int?
    let generic: [GenericResource]
    /// The generic resource that a chosen number of GPUs reserves.
    let gpuResource: String?

    init(_ options: OptionReader) {
        let resources = options.reader("resource_spec") ?? OptionReader(nil)
        cpuLimit = resources.amount("cpu_limit") ?? options.amount("cpu_limit")
        cpuReservation = resources.amount("cpu_reservation") ?? options.amount("cpu_guarantee")
        memoryLimit = resources.amount("mem_limit") ?? options.amount("mem_limit")
        memoryReservation = resources.amount("mem_reservation") ?? options.amount("mem_guarantee")
        mostProcesses = resources.amount("pids_limit")
        generic = Self.generic(resources["generic_resources"])
        gpuResource = options.text("gpu_resource")
    }

    static func generic(_ value: JSONValue?) -> [GenericResource] {
        switch value {
        case .object(let members):
            return members.sorted { $0.key < $1.key }.compactMap { kind, value in
                value.integerValue.map { .discrete(kind: kind, count: $0) }
                    ?? value.stringValue.map { .named(kind: kind, name: $0) }
            }
        case .array(let entries):
            return entries.compactMap { entry in
                if let part = entry["DiscreteResourceSpec"], let kind = part["Kind"]?.stringValue {
                    return part["Value"]?.integerValue.map { .discrete(kind: kind, count: $0) }
                }
                guard let part = entry["NamedResourceSpec"], let kind = part["Kind"]?.stringValue else { return nil }
                return part["Value"]?.stringValue.map { .named(kind: kind, name: $0) }
            }
        default:
            return []
        }
    }
}

extension OptionReader {
    /// An amount; 0 is none, as in Docker.
    fileprivate func amount(_ key: String) -> Int? {
        number(key).flatMap { $0 > 0 ? $0 : nil }
    }
}

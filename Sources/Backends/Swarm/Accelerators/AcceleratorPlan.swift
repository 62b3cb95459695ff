import MultipleSpawner

/// The pools that options declare, and what a session needs of them.
struct AcceleratorPlan: Sendable, Hashable {
    /// How many devices a session gets of a pool.
    enum Count: Sendable, Hashable {
        case fixed(Int)
        /// As many as the user chose GPUs.
        case chosenGPUs
    }

    /// One pool that a session uses.
    struct Use: Sendable, Hashable {
        let pool: AcceleratorPool
        let count: Count
    }

    let uses: [Use]

    /// - Parameters:
    ///   - declared: `accelerators` of the template: the pools that names refer to.
    ///   - wanted: those of the image or the user, else the same.
    /// - Throws: `invalid_request` for a name that no pool has, or a pool without devices.
    init(declared: JSONValue?, wanted: JSONValue?) throws(SpawnError) {
        var pools: [AcceleratorPool] = []
        for entry in Self.entries(declared) {
            if let pool = try Self.pool(entry) { pools.append(pool) }
        }
        var uses: [Use] = []
        for entry in Self.entries(wanted) {
            let count = Self.count(entry.value)
            if let name = entry.reference {
                guard let pool = pools.first(where: { $0.name == name }) else {
                    throw SpawnError(
                        .invalidRequest,
                        "the accelerator pool '\(name.excerpt)' is not declared; "
                            + (pools.isEmpty
                                ? "'accelerators' of the template has none"
                                : "there are \(pools.map { "'\($0.name.excerpt)'" }.joined(separator: ", "))"))
                }
                uses.append(Use(pool: pool, count: count))
            } else if let pool = try Self.pool(entry) {
                uses.append(Use(pool: pool, count: count))
            }
        }
        self.uses = uses
    }

    /// What the session gets when its user chose so many GPUs.
    func needs(chosenGPUs: Int) -> [AcceleratorNeed] {
        uses.compactMap { use in
            let count =
                switch use.count {
                case .fixed(let count): count
                case .chosenGPUs: chosenGPUs
                }
            return count > 0 ? AcceleratorNeed(pool: use.pool, count: count) : nil
        }
    }

    /// The names of the pools in `accelerators` of a template.
    static func names(_ declared: JSONValue?) -> [String] {
        entries(declared).compactMap { $0.reference ?? name($0) }
    }

    // MARK: Reading

    private struct Entry {
        let key: String?
        let value: JSONValue
        /// The name of a pool that is declared elsewhere.
        var reference: String? {
            if let name = value.stringValue { return name }
            let isBare = value["type"] == nil && value["ids"] == nil && value["ids_file_path"] == nil
            return isBare ? value["name"]?.stringValue : nil
        }
    }

    private static func entries(_ value: JSONValue?) -> [Entry] {
        switch value {
        case .array(let values): values.map { Entry(key: nil, value: $0) }
        case .object(let members) where members["type"] != nil || members["name"] != nil || members["ids"] != nil:
            // One pool stands for a list of one.
            [Entry(key: nil, value: .object(members))]
        case .object(let members):
            members.sorted { $0.key < $1.key }.map { Entry(key: $0.key, value: $0.value) }
        case .string: value.map { [Entry(key: nil, value: $0)] } ?? []
        default: []
        }
    }

    private static func name(_ entry: Entry) -> String? {
        entry.key ?? entry.value["name"]?.stringValue ?? entry.value["type"]?.stringValue
    }

    private static func count(_ value: JSONValue) -> Count {
        switch value["count"] {
        case .integer(let count): .fixed(count)
        case .string: .chosenGPUs
        default: .fixed(1)
        }
    }

    private static func pool(_ entry: Entry) throws(SpawnError) -> AcceleratorPool? {
        guard entry.reference == nil else { return nil }
        let name = name(entry) ?? "accelerators"
        let devices: [String] =
            switch entry.value["ids"] {
            case .array(let ids): ids.compactMap(\.stringValue)
            case .object(let ids): ids.sorted { $0.key < $1.key }.compactMap { $0.value.stringValue }
            default: []
            }
        let file = entry.value["ids_file_path"]?.stringValue
        guard !devices.isEmpty || file != nil else {
            throw SpawnError(
                .invalidRequest,
                "the accelerator pool '\(name.excerpt)' has neither 'ids' nor 'ids_file_path'; list its devices")
        }
        if let wrong = devices.first(where: { $0.isEmpty || $0.utf8.contains(UInt8(ascii: ",")) }) {
            throw SpawnError(
                .invalidRequest,
                "the accelerator pool '\(name.excerpt)' has a device '\(wrong.excerpt)'; a device's name is not empty "
                    + "and holds no comma")
        }
        return AcceleratorPool(
            name: name, type: entry.value["type"]?.stringValue ?? name, devices: devices, devicesFile: file,
            isOversubscribed: entry.value["oversubscribe"]?.boolValue ?? false)
    }
}

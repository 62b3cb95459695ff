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
    ///   - wanted: those of the image or the user, else the same. One that is named has the count of its declaration,
    ///     unless it says another.
    /// - Throws: `invalid_request` for a name that no pool has, a pool without devices, and two pools of which each
    ///   gives as many devices as were chosen.
    init(declared: JSONValue?, wanted: JSONValue?) throws(SpawnError) {
        var pools: [AcceleratorPool] = []
        var counts: [String: Count] = [:]
        for entry in Self.entries(declared) {
            guard let pool = try Self.pool(entry) else { continue }
            pools.append(pool)
            counts[pool.name] = counts[pool.name] ?? Self.count(entry.value)
        }
        var uses: [Use] = []
        for entry in Self.entries(wanted) {
            let own = Self.count(entry.value)
            if let name = entry.reference {
                guard let pool = pools.first(where: { $0.name == name }) else {
                    throw SpawnError(
                        .invalidRequest,
                        "the accelerator pool '\(name.excerpt)' is not declared; "
                            + (pools.isEmpty
                                ? "'accelerators' of the template has none"
                                : "there are \(pools.map { "'\($0.name.excerpt)'" }.joined(separator: ", "))"))
                }
                uses.append(Use(pool: pool, count: own ?? counts[name] ?? .fixed(1)))
            } else if let pool = try Self.pool(entry) {
                uses.append(Use(pool: pool, count: own ?? .fixed(1)))
            }
        }
        // Each would give as many as were chosen, and the template's limit holds for all together.
        let chosen = uses.filter { $0.count == .chosenGPUs }.map { "'\($0.pool.name.excerpt)'" }
        guard chosen.count <= 1 else {
            throw SpawnError(
                .invalidRequest,
                "the accelerator pools \(chosen.joined(separator: " and ")) each give as many devices as GPUs were chosen "
                    + "('count' is 'gpu'); use one of them, or give the others a number")
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

    private static func count(_ value: JSONValue) -> Count? {
        switch value["count"] {
        case .integer(let count): .fixed(count)
        case .string: .chosenGPUs
        default: nil
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

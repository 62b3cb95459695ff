import MultipleSpawner

/// What `providers.json` says of a pool of hosts.
struct StaticOptions: Sendable, Hashable {
    enum Choice: String, Sendable, CaseIterable {
        /// The host with the most room, so that users have the most of a host for themselves.
        case spread
        /// The fullest host that still fits, so that whole hosts stay free for those who need one.
        case pack
    }

    var hosts: [StaticHost]
    var choice: Choice

    private static let host = ObjectShape([
        Field("host", .string, aliases: ["name"], required: true, "A name, an address, or several: node[01-16]."),
        Field("port", .integer(1...65535), "Where sshd listens (22)."),
        Field("slots", .integer(1...100_000), "How many sessions it takes (1)."),
        Field("memory", .memory, "How much memory its sessions share; not counted, when it is not given."),
        Field("cpu", .number(0.01...100_000), "How many cores they share."),
        Field("gpu", .integer(0...10_000), "How many GPUs they share."),
        Field("labels", .map(.string), "What a template may ask for: {\"gpu\": \"a100\"}."),
        Field("account", .string, "The account to log in as, where a template does not say it."),
        Field("host_key", .list(.string), "Its host keys, as in known_hosts, without the name."),
    ])

    static let shape = ObjectShape([
        Field(
            "hosts", .list(.either([.string, .object(host)])), "The hosts: names, ranges node[01-16], or objects."),
        Field("slots", .integer(1...100_000), "How many sessions a host takes that does not say it (1)."),
        Field(
            "choice", .choice(Choice.allCases.map(\.rawValue)),
            "spread: the emptiest host is taken; pack: the fullest that fits (spread)."),
    ])

    /// What a template may ask of a pool.
    static let machineShape = ObjectShape([
        Field("labels", .map(.string), "Labels that the host has to have."),
        Field("host", .string, "The host, and no other."),
    ])

    /// - Parameter options: bound to `shape`.
    init(_ options: JSONValue) throws(SpawnError) {
        let slots = options["slots"]?.integerValue ?? 1
        var hosts: [StaticHost] = []
        var names: Set<String> = []
        for entry in options["hosts"]?.arrayValue ?? [] {
            let entry: JSONValue = entry.stringValue.map { ["host": .string($0)] } ?? entry
            for name in try HostRange(entry["host"]?.stringValue ?? "").names {
                let host = try Self.host(name, entry, slots: slots)
                guard names.insert(host.name).inserted else {
                    throw SpawnError(.invalidRequest, "the host '\(host.name.excerpt)' is in the pool twice; keep one")
                }
                hosts.append(host)
            }
        }
        self.hosts = hosts
        choice = options["choice"]?.stringValue.flatMap(Choice.init) ?? .spread
    }

    private static func host(_ name: String, _ entry: JSONValue, slots: Int) throws(SpawnError) -> StaticHost {
        var (host, port) = (name, entry["port"]?.integerValue ?? 22)
        // `name:port`, as sshspawner's lists have it; what has more colons is an address.
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, let number = Int(parts[1]), (1...65535).contains(number) {
            (host, port) = (String(parts[0]), number)
        }
        let isName = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: ":"), UInt8(ascii: "%"):
                true
            default: false
            }
        }
        guard isName, !host.isEmpty, !host.hasPrefix("-"), host.utf8.count <= 255 else {
            throw SpawnError(.invalidRequest, "'\(name.excerpt)' is no host; write a name or an address")
        }
        return StaticHost(
            address: MachineAddress(host: host, port: port), slots: entry["slots"]?.integerValue ?? slots,
            memory: entry["memory"]?.integerValue, cpu: entry["cpu"]?.doubleValue, gpu: entry["gpu"]?.integerValue,
            labels: entry["labels"]?.objectValue?.compactMapValues(\.stringValue) ?? [:],
            account: entry["account"]?.stringValue,
            hostKeys: entry["host_key"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }
}

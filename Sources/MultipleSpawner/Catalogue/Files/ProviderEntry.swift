/// Who owns the machines: an entry of `providers.json`, or, where that file is absent, a name that a template uses.
public struct ProviderEntry: Sendable, Hashable {
    public let name: String
    public let displayName: String
    /// The kinds of machines that it has.
    public let types: [ResourceType]
    /// How it is talked to: `local`, `swarm`, `oci`, `ec2`, `libvirt_provider`, `static`
    public let kind: String
    public let options: JSONValue
    public let capacity: ProviderCapacity
    /// What a session costs there for an hour, in whatever currency the site counts in; `nil`: nothing is said.
    public let costPerHour: Double?

    public init(
        name: String, displayName: String, types: [ResourceType], kind: String, options: JSONValue = [:],
        capacity: ProviderCapacity = ProviderCapacity(), costPerHour: Double? = nil
    ) {
        self.name = name
        self.displayName = displayName
        self.types = types
        self.kind = kind
        self.options = options
        self.capacity = capacity
        self.costPerHour = costPerHour
    }

    /// The declaration of one entry of `providers.json`.
    static let shape = ObjectShape([
        Field("name", .string, required: true, "What templates and requests call it."),
        Field("display_name", .string, "What the form calls it."),
        Field(
            "types", .list(.choice(ResourceType.allCases.map(\.rawValue))),
            "The kinds of machines that it has; those that its templates name, when it is not given."),
        Field("kind", .string, "How it is talked to; the name says it when it is not given."),
        Field("options", .map(.anything), "Options of that kind."),
        Field("capacity", .object(ProviderCapacity.shape), "How much it has."),
        Field(
            "cost_per_hour", .number(0...1_000_000),
            "What a session costs there for an hour; where several providers can serve, the cheaper one is taken."),
    ])

    /// The same with the options that each kind takes, for whoever writes the file. The reader binds them by itself, for
    /// where no kind is given, the name says it.
    static func shape(for registry: Registry) -> ObjectShape {
        var shape = Self.shape
        shape.variants = Variants(
            selector: "kind", target: "options",
            cases: registry.providers.map {
                Variants.Case($0.kind.rawValue, names: [$0.kind.rawValue], .object($0.options))
            })
        return shape
    }

    /// The kind that a name stands for.
    static func kind(of name: String) -> String {
        ["local", "swarm", "oci", "ec2", "libvirt_provider"].contains(name) ? name : "static"
    }

    /// What the original's form called it.
    static func displayName(of name: String) -> String {
        switch name {
        case "local": "Local machine"
        case "swarm": "Docker Swarm"
        case "oci": "Oracle Cloud"
        case "ku": "KU Cloud"
        case "libvirt_provider": "Libvirt"
        default: name
        }
    }
}

/// How much a provider has in all; `nil` where nobody said so.
public struct ProviderCapacity: Sendable, Hashable {
    /// The most sessions at once.
    public let sessions: Int?
    public let hardware: HardwareLimits

    public init(sessions: Int? = nil, hardware: HardwareLimits = HardwareLimits()) {
        self.sessions = sessions
        self.hardware = hardware
    }

    static let shape = ObjectShape(
        [Field("sessions", .integer(0...1_000_000), "The most sessions at once.")] + HardwareLimits.fields)

    init(bound: JSONValue?) {
        self.init(sessions: bound?["sessions"]?.integerValue, hardware: HardwareLimits(bound: bound))
    }
}

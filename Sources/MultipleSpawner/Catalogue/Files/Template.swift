/// How a kind of spawn is done: for which resource type and providers, by which backend, with which options.
public struct Template: Sendable {
    public let name: String
    public let resourceType: ResourceType
    /// The providers that it serves; the first is taken when a user names none.
    public let providers: [String]
    /// The backend's name as it is written, after a Python class in the originals' files.
    public let className: String
    public let backend: BackendKind
    /// Whether this build has all that the template asks for; `nil` when it has, else what is missing.
    public let missing: String?
    public let authenticator: Hook?
    public let configurers: [Hook]
    public let access: Access?
    public let description: String?
    public let icon: String?
    public let limits: HardwareLimits
    public let lifetime: LifetimeRule
    /// Templates with a higher priority are looked at first; among equals the order of the file counts.
    public let priority: Int
    /// Names of templates to try when this one cannot be served.
    public let fallback: [String]
    /// `FILE:LINE` where it is written.
    public internal(set) var origin: String
    let options: OptionSet
    /// What the registry knows of the authenticator; `nil` where there is none, or it is known by name only.
    let authenticatorEntry: Registry.AuthenticatorEntry?
    let authenticatorOptions: OptionSet
    /// What the registry knows of the configurers, with their options, in their order.
    let preparations: [(entry: Registry.ConfigurerEntry, options: OptionSet)]
    /// What becomes of a machine that the provider gives.
    public let machinePolicy: MachinePolicy
    /// What is asked of the provider, as written; each kind of provider has options of its own.
    let machineOptions: OptionSet
    /// What the registry knows of the backend.
    let entry: Registry.Entry
    /// What its options alone let users choose from, placeholders not filled in.
    let menu: Menu
    /// Where it stands in the file.
    let offset: Int
}

extension Template {
    /// The backend's options as the file gives them, without a request's values.
    public var backendOptions: JSONValue { .object(options.values) }

    /// What the authenticator is told, as the file gives it; `nil` where there is none, or this build does not have it.
    public var way: SessionPlan.Access? {
        authenticatorEntry.map { SessionPlan.Access(kind: $0.kind, options: .object(authenticatorOptions.values)) }
    }

    /// What the configurers are told, as the file gives it.
    public var configurations: [SessionPlan.Configuration] {
        preparations.map { SessionPlan.Configuration(kind: $0.entry.kind, options: .object($0.options.values)) }
    }
}

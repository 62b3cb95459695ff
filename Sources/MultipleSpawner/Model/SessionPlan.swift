/// What will be done for a request: the template and deployment that were chosen, and every value filled in.
///
/// A plan is complete. A backend needs nothing else, and asks nobody.
public struct SessionPlan: Sendable {
    public var id: SessionID
    public var identity: SessionIdentity
    /// The name of the template that was chosen.
    public var template: String
    /// The name of the deployment, where the resource type has any.
    public var deployment: String?
    public var provider: String
    public var resourceType: ResourceType
    public var resources: ResourceSpecification
    /// What the provider takes for an hour, in whatever currency the site counts in; `nil` where nobody said so.
    public var costPerHour: Double?
    /// Which hardware values somebody chose. A backend limits only what was chosen, by the user or by an admin.
    public var limits: Limits
    public var lifetime: Lifetime
    public var backend: BackendKind
    /// The backend's options, checked against its declaration, with placeholders filled in and the user's choice applied.
    /// They may hold keys of the user's: a plan never shows them.
    public var options: JSONValue
    /// What makes the way in to the machine; `nil` where none is wanted.
    public var authenticator: Access?
    /// What prepares the machine, in this order.
    public var configurers: [Configuration]
    /// The machine that the provider is asked for; `nil` where it has none to give.
    public var machine: MachineWish?
    /// The way in, as the authenticator made it: known once the session starts.
    public var credentials: Credentials?
    /// Files that the user brings along, as many and as large as the menu allows.
    public var files: [UploadedFile]
    public var environment: [String: Secret]
    public var command: [String]
    public var settings: ServerSettings
    /// For a server that speaks TLS with the hub, and does not see the hub's files.
    public var certificates: Certificates?
    public var startTimeout: Duration

    /// The most that a session may use; `nil` where nobody said so.
    public struct Limits: Sendable, Hashable {
        /// Bytes.
        public var memory: Int?
        /// Cores.
        public var cpu: Double?

        public init(memory: Int? = nil, cpu: Double? = nil) {
            self.memory = memory
            self.cpu = cpu
        }
    }

    /// What an authenticator is told to do.
    public struct Access: Sendable {
        public var kind: AuthenticatorKind
        /// Its options, checked against its declaration, with placeholders filled in.
        public var options: JSONValue

        public init(kind: AuthenticatorKind, options: JSONValue = [:]) {
            self.kind = kind
            self.options = options
        }
    }

    public init(
        id: SessionID, identity: SessionIdentity, template: String, deployment: String? = nil,
        provider: String = "local", resourceType: ResourceType = .bareMetal,
        resources: ResourceSpecification = ResourceSpecification(), costPerHour: Double? = nil,
        limits: Limits = Limits(),
        lifetime: Lifetime = Lifetime(),
        backend: BackendKind, options: JSONValue = [:], authenticator: Access? = nil,
        configurers: [Configuration] = [], machine: MachineWish? = nil, files: [UploadedFile] = [],
        environment: [String: Secret] = [:], command: [String] = [], settings: ServerSettings = ServerSettings(),
        certificates: Certificates? = nil, startTimeout: Duration = .seconds(60)
    ) {
        self.id = id
        self.identity = identity
        self.template = template
        self.deployment = deployment
        self.provider = provider
        self.resourceType = resourceType
        self.resources = resources
        self.costPerHour = costPerHour
        self.limits = limits
        self.lifetime = lifetime
        self.backend = backend
        self.options = options
        self.authenticator = authenticator
        self.configurers = configurers
        self.machine = machine
        self.files = files
        self.environment = environment
        self.command = command
        self.settings = settings
        self.certificates = certificates
        self.startTimeout = startTimeout
    }
}

extension SessionPlan: CustomStringConvertible, CustomReflectable {
    /// What a log may have: `attempt-1 of alice: Small (swarm)`.
    public var description: String {
        "\(id.rawValue) of \(identity.label.excerpt): \(template.excerpt) (\(backend.rawValue))"
    }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// How long a session may run.
public struct Lifetime: Sendable, Hashable, Codable {
    /// Minutes from the moment it answers; `nil`: until somebody stops it.
    public var minutes: Int?
    /// The most that it may be extended to, in minutes from the same moment; `nil`: no bound.
    public var maximum: Int?

    public init(minutes: Int? = nil, maximum: Int? = nil) {
        self.minutes = minutes
        self.maximum = maximum
    }
}

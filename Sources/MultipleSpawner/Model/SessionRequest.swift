/// What a hub asks for: one attempt to start one user's server.
public struct SessionRequest: Sendable {
    public var id: SessionID
    public var identity: SessionIdentity
    /// The user's groups in the hub; access rules are written in their terms.
    public var groups: Set<String>
    /// What the user chose: the form's result, or the body of the hub's REST call as it came.
    public var options: JSONValue
    /// Files that the user brings along, by the reference that `options` name them with.
    public var files: [String: [UInt8]]
    /// What the hub knows of the user beyond the name: attributes of its user object, by name. A template that lists
    /// an attribute in `user_format_attributes` may use its values as placeholders.
    public var attributes: UserAttributes
    /// The server's environment, API token included. It is never journalled.
    public var environment: [String: Secret]
    /// The hub's command, with its arguments. Empty where the place brings its own, as an image does.
    public var command: [String]
    /// How long the start may take in all.
    public var startTimeout: Duration
    public var settings: ServerSettings
    /// For a server that speaks TLS with the hub; `nil` where it need not.
    public var certificates: Certificates?

    public init(
        id: SessionID, identity: SessionIdentity, groups: Set<String> = [], options: JSONValue = nil,
        files: [String: [UInt8]] = [:], attributes: UserAttributes = UserAttributes(),
        environment: [String: Secret] = [:], command: [String] = [], startTimeout: Duration = .seconds(60),
        settings: ServerSettings = ServerSettings(), certificates: Certificates? = nil
    ) {
        self.id = id
        self.identity = identity
        self.groups = groups
        self.options = options
        self.files = files
        self.attributes = attributes
        self.environment = environment
        self.command = command
        self.startTimeout = startTimeout
        self.settings = settings
        self.certificates = certificates
    }
}

/// What the hub's own Spawner settings say. A value that a template sets explicitly wins over these.
public struct ServerSettings: Sendable, Hashable {
    /// `Spawner.notebook_dir`: where the server starts; `~` is the user's home.
    public var notebookDirectory: String?
    /// `Spawner.ip`: the address that the server binds to.
    public var address: String?
    /// `Spawner.port`; `nil`: the backend chooses.
    public var port: Int?
    /// `Spawner.mem_limit` in bytes.
    public var memoryLimit: Int?
    /// `Spawner.mem_guarantee` in bytes.
    public var memoryGuarantee: Int?
    /// `Spawner.cpu_limit` in cores.
    public var cpuLimit: Double?
    /// `Spawner.cpu_guarantee` in cores.
    public var cpuGuarantee: Double?
    /// The lifetime in minutes when neither the user nor the template says one.
    public var lifetime: Int?

    public init(
        notebookDirectory: String? = nil, address: String? = nil, port: Int? = nil, memoryLimit: Int? = nil,
        memoryGuarantee: Int? = nil, cpuLimit: Double? = nil, cpuGuarantee: Double? = nil, lifetime: Int? = nil
    ) {
        self.notebookDirectory = notebookDirectory
        self.address = address
        self.port = port
        self.memoryLimit = memoryLimit
        self.memoryGuarantee = memoryGuarantee
        self.cpuLimit = cpuLimit
        self.cpuGuarantee = cpuGuarantee
        self.lifetime = lifetime
    }
}

/// What a start has made or found by the time it describes the service.
struct ServiceAssembly: Sendable {
    /// `ServiceNames.preferred`, or `hashed` where somebody else has that one.
    var name: String
    /// `ServiceNames.alias`.
    var alias: String?
    /// How the hub will reach the server; never `auto` by now.
    var connect: ConnectMode
    /// The ids of the Docker configs and secrets that `SwarmOptions` names, by their names.
    var configIDs: [String: String] = [:]
    var secretIDs: [String: String] = [:]
    /// The configs that were made of uploaded files.
    var uploads: [FileReference] = []
    /// What was made of the token and of certificates.
    var secrets: [FileReference] = []
    /// Variables that name the files of certificates in the container.
    var certificatePaths: [String: String] = [:]
    var leases: [AcceleratorLease] = []
    /// What a home hook answered.
    var mounts: [MountSpecification] = []

    /// How long a server is given to end, where its template does not say.
    var grace: Duration?

    init(name: String, alias: String? = nil, connect: ConnectMode = .address) {
        self.name = name
        self.alias = alias
        self.connect = connect
    }
}

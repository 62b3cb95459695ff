/// Docker's ContainerSpec.
struct ContainerSpecification: Encodable, Sendable, Hashable, Withheld {
    /// Exactly as it was configured.
    var image: String
    var labels: [String: String]?
    var command: [String]?
    var arguments: [String]?
    var hostname: String?
    /// `NAME=value`, the token among them.
    var environment: [String]?
    var directory: String?
    var user: String?
    var groups: [String]?
    var privileges: Privileges?
    var hasTerminal: Bool?
    var opensInput: Bool?
    var isReadOnly: Bool?
    var mounts: [MountSpecification]?
    var stopSignal: String?
    /// Nanoseconds.
    var stopGracePeriod: Int?
    var healthcheck: Healthcheck?
    /// `ADDRESS NAME`.
    var hosts: [String]?
    var dns: DNSConfiguration?
    var secrets: [FileReference]?
    var configs: [FileReference]?
    var isolation: String?
    var hasInit: Bool?
    var sysctls: [String: String]?
    var addedCapabilities: [String]?
    var droppedCapabilities: [String]?
    var ulimits: [Ulimit]?

    init(image: String) {
        self.image = image
    }

    private enum CodingKeys: String, CodingKey {
        case image = "Image"
        case labels = "Labels"
        case command = "Command"
        case arguments = "Args"
        case hostname = "Hostname"
        case environment = "Env"
        case directory = "Dir"
        case user = "User"
        case groups = "Groups"
        case privileges = "Privileges"
        case hasTerminal = "TTY"
        case opensInput = "OpenStdin"
        case isReadOnly = "ReadOnly"
        case mounts = "Mounts"
        case stopSignal = "StopSignal"
        case stopGracePeriod = "StopGracePeriod"
        case healthcheck = "Healthcheck"
        case hosts = "Hosts"
        case dns = "DNSConfig"
        case secrets = "Secrets"
        case configs = "Configs"
        case isolation = "Isolation"
        case hasInit = "Init"
        case sysctls = "Sysctls"
        case addedCapabilities = "CapabilityAdd"
        case droppedCapabilities = "CapabilityDrop"
        case ulimits = "Ulimits"
    }
}

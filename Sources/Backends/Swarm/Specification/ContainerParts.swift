/// How Docker checks a container.
struct Healthcheck: Encodable, Sendable, Hashable {
    var test: [String]?
    /// Nanoseconds, like all times here.
    var interval: Int?
    var timeout: Int?
    var retries: Int?
    var startPeriod: Int?

    private enum CodingKeys: String, CodingKey {
        case test = "Test"
        case interval = "Interval"
        case timeout = "Timeout"
        case retries = "Retries"
        case startPeriod = "StartPeriod"
    }
}

/// The name servers of a container.
struct DNSConfiguration: Encodable, Sendable, Hashable {
    var nameservers: [String]?
    var search: [String]?
    var options: [String]?

    private enum CodingKeys: String, CodingKey {
        case nameservers = "Nameservers"
        case search = "Search"
        case options = "Options"
    }
}

/// One limit of a container's processes; -1 is none.
struct Ulimit: Encodable, Sendable, Hashable {
    var name: String
    var soft: Int
    var hard: Int

    private enum CodingKeys: String, CodingKey {
        case name = "Name"
        case soft = "Soft"
        case hard = "Hard"
    }
}

/// SELinux labels, and Windows' credential specs.
struct Privileges: Encodable, Sendable, Hashable {
    struct Credentials: Encodable, Sendable, Hashable {
        var file: String?
        var registry: String?

        private enum CodingKeys: String, CodingKey {
            case file = "File"
            case registry = "Registry"
        }
    }

    struct SELinux: Encodable, Sendable, Hashable {
        var isDisabled: Bool?
        var user: String?
        var role: String?
        var type: String?
        var level: String?

        private enum CodingKeys: String, CodingKey {
            case isDisabled = "Disable"
            case user = "User"
            case role = "Role"
            case type = "Type"
            case level = "Level"
        }
    }

    var credentials: Credentials?
    var selinux: SELinux?

    private enum CodingKeys: String, CodingKey {
        case credentials = "CredentialSpec"
        case selinux = "SELinuxContext"
    }
}

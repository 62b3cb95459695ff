/// A Docker config or secret that a container sees as a file.
struct FileTarget: Encodable, Sendable, Hashable {
    var name: String
    var uid = "0"
    var gid = "0"
    var mode = 0o444

    private enum CodingKeys: String, CodingKey {
        case name = "Name"
        case uid = "UID"
        case gid = "GID"
        case mode = "Mode"
    }
}

/// A Docker config in a container.
struct ConfigReference: Encodable, Sendable, Hashable {
    var name: String
    /// `nil` until it is looked up by its name.
    var id: String?
    var file: FileTarget

    private enum CodingKeys: String, CodingKey {
        case name = "ConfigName"
        case id = "ConfigID"
        case file = "File"
    }
}

/// A Docker secret in a container.
struct SecretReference: Encodable, Sendable, Hashable {
    var name: String
    /// `nil` until it is looked up by its name.
    var id: String?
    var file: FileTarget

    private enum CodingKeys: String, CodingKey {
        case name = "SecretName"
        case id = "SecretID"
        case file = "File"
    }
}

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

/// A Docker config or secret in a container, by what Docker calls it.
struct FileReference: Encodable, Sendable, Hashable {
    enum Kind: String, Sendable, Hashable {
        case config, secret
    }

    var kind: Kind
    var name: String
    /// `nil` until it is looked up by its name.
    var id: String?
    var file: FileTarget

    func encode(to encoder: any Encoder) throws {
        let prefix = kind == .config ? "Config" : "Secret"
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: Key(stringValue: prefix + "Name"))
        try container.encodeIfPresent(id, forKey: Key(stringValue: prefix + "ID"))
        try container.encode(file, forKey: Key(stringValue: "File"))
    }

    /// The keys begin with the kind.
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) { nil }
    }
}

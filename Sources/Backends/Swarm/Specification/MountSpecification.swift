/// One mount of a container. Its volume's options may hold a password or a key.
struct MountSpecification: Encodable, Sendable, Hashable, Withheld {
    enum Kind: String, Encodable, Sendable, Hashable {
        case volume, bind, tmpfs, npipe
    }

    struct Binding: Encodable, Sendable, Hashable {
        var propagation: String?

        private enum CodingKeys: String, CodingKey {
            case propagation = "Propagation"
        }
    }

    struct Volume: Encodable, Sendable, Hashable, Withheld {
        var hasNoCopy: Bool?
        var labels: [String: String]?
        var driver: NamedDriver?

        private enum CodingKeys: String, CodingKey {
            case hasNoCopy = "NoCopy"
            case labels = "Labels"
            case driver = "DriverConfig"
        }
    }

    struct Memory: Encodable, Sendable, Hashable {
        /// Bytes.
        var size: Int?
        var mode: Int?

        private enum CodingKeys: String, CodingKey {
            case size = "SizeBytes"
            case mode = "Mode"
        }
    }

    var kind: Kind
    /// A volume's name or a path; empty for an anonymous volume.
    var source: String
    var target: String
    var isReadOnly: Bool?
    var consistency: String?
    var binding: Binding?
    var volume: Volume?
    var memory: Memory?

    /// Whether it is a named volume that each node has for itself: the local driver's, without a server behind it.
    var isOfOneNode: Bool {
        guard kind == .volume, !source.isEmpty else { return false }
        guard let driver = volume?.driver else { return true }
        return driver.name.isEmpty || driver.name == "local" && driver.options?["type"] == nil
    }

    private enum CodingKeys: String, CodingKey {
        case kind = "Type"
        case source = "Source"
        case target = "Target"
        case isReadOnly = "ReadOnly"
        case consistency = "Consistency"
        case binding = "BindOptions"
        case volume = "VolumeOptions"
        case memory = "TmpfsOptions"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        // A tmpfs and an anonymous volume have no source; Docker refuses an empty one of a tmpfs.
        if !source.isEmpty { try container.encode(source, forKey: .source) }
        try container.encode(target, forKey: .target)
        try container.encodeIfPresent(isReadOnly, forKey: .isReadOnly)
        try container.encodeIfPresent(consistency, forKey: .consistency)
        try container.encodeIfPresent(binding, forKey: .binding)
        try container.encodeIfPresent(volume, forKey: .volume)
        try container.encodeIfPresent(memory, forKey: .memory)
    }
}

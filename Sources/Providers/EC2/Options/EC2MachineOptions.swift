import MultipleSpawner

/// What machine is wanted of EC2, read from options that were checked against their declaration.
struct EC2MachineOptions: Sendable {
    enum Image: Sendable, Hashable {
        case id(String)
        case name(String)
    }

    var image: Image?
    var imageOwners: [String]
    var architecture: String
    var type: String?
    /// Empty: every type.
    var types: [NamePattern]
    var subnet: String?
    var securityGroups: [String]
    var hasPublicAddress: Bool?
    var usesPrivateAddress: Bool
    var port: Int
    var disk: Int?
    var keyName: String?
    var instanceProfile: String?
    var account: String?
    var managesHostKey: Bool
    var allowsOldMetadata: Bool
    var cloudInit: [String: JSONValue]
    var tags: [(key: String, value: String)]

    init(_ options: JSONValue) throws(SpawnError) {
        let id = options["image"]?.filledString
        let name = options["image_name"]?.filledString
        image = id.map { .id($0) } ?? name.map { .name($0) }
        let owners = options["image_owners"]?.strings ?? []
        imageOwners = owners.isEmpty ? ["self", "amazon"] : owners
        architecture = options["architecture"]?.filledString ?? "x86_64"
        type = options["instance_type"]?.filledString
        types = (options["instance_types"]?.strings ?? []).map { NamePattern($0) }
        subnet = options["subnet"]?.filledString
        securityGroups = options["security_groups"]?.strings ?? []
        hasPublicAddress = options["public_address"]?.boolValue
        usesPrivateAddress = options["address"]?.stringValue == "private"
        port = options["port"]?.integerValue ?? 22
        disk = options["disk"]?.integerValue
        keyName = options["key_name"]?.filledString
        instanceProfile = options["instance_profile"]?.filledString
        account = options["account"]?.filledString
        managesHostKey = options["manage_host_key"]?.boolValue ?? true
        allowsOldMetadata = options["imdsv1"]?.boolValue ?? false
        cloudInit = options["cloud_init"]?.objectValue ?? [:]
        tags = (options["tags"]?.objectValue ?? [:]).sorted { $0.key < $1.key }.map {
            ($0.key, $0.value.stringValue ?? "")
        }
        for tag in tags {
            guard !tag.key.isEmpty, tag.key.unicodeScalars.count <= 128, tag.value.unicodeScalars.count <= 256,
                !tag.key.lowercased().hasPrefix("aws:"), !tag.key.hasPrefix("multiplespawner")
            else {
                throw SpawnError(
                    .invalidRequest,
                    "the tag '\(tag.key.excerpt)' cannot be set: it is longer than EC2 takes, or its name is kept for "
                        + "AWS or for us; rename it")
            }
        }
        guard tags.count <= 40 else {
            throw SpawnError(
                .invalidRequest, "\(tags.count) tags are more than the 40 that go with ours; leave some out")
        }
    }

    func requiredImage() throws(SpawnError) -> Image {
        guard let image else {
            throw SpawnError(
                .invalidRequest, "no image is named; set 'image' or 'image_name' in providers.json or in the template")
        }
        return image
    }

    /// The types that may be taken, those that are named first before those that are named later.
    func allowed(of sizes: [MachineSize]) -> [MachineSize] {
        guard !types.isEmpty else { return sizes }
        var allowed: [MachineSize] = []
        var known: Set<String> = []
        for pattern in types {
            for size in sizes where pattern.fits(size.name) && known.insert(size.name).inserted {
                allowed.append(size)
            }
        }
        return allowed
    }

    /// The address that we connect to, once there is one.
    func address(of instance: EC2Instance) -> String? {
        usesPrivateAddress ? instance.privateAddress : instance.publicAddress
    }
}

import MultipleSpawner

/// What machine is wanted of Oracle's cloud, read from options that were checked against their declaration.
struct OCIMachineOptions: Sendable {
    var domain: String?
    var shape: String?
    /// Empty: every virtual machine.
    var shapes: [NamePattern]
    var cores: Double?
    /// In GB.
    var memory: Double?
    var isARM: Bool
    var image: String?
    var system: String?
    var systemVersion: String?
    var authorizedKeys: [String]
    var displayName: String?
    var hasPublicAddress: Bool?
    var disk: Int?
    var metadata: [String: String]
    var subnet: OCINetworkOptions.Part
    var usesPrivateAddress: Bool
    var port: Int
    var account: String?
    var managesHostKey: Bool
    var cloudInit: [String: JSONValue]
    var tags: [String: String]

    init(_ options: JSONValue) throws(SpawnError) {
        let instance = options["instance"] ?? [:]
        domain = instance["availability_domain"]?.filledString
        shape = instance["shape"]?.filledString
        shapes = (instance["shapes"]?.strings ?? []).map { NamePattern($0) }
        cores = instance["shape_config"]?["ocpus"]?.doubleValue
        memory = instance["shape_config"]?["memory_in_gbs"]?.doubleValue
        isARM = instance["architecture"]?.stringValue == "arm64"
        image = instance["image"]?.filledString
        system = instance["operating_system"]?.filledString
        systemVersion = instance["operating_system_version"]?.filledString
        displayName = instance["display_name"]?.filledString
        hasPublicAddress = instance["assign_public_ip"]?.boolValue
        disk = instance["boot_volume_size_in_gbs"]?.integerValue
        var metadata = (options["instance_metadata"]?.objectValue ?? [:]).compactMapValues(\.stringValue)
        let further = metadata.removeValue(forKey: "ssh_authorized_keys") ?? ""
        authorizedKeys =
            (instance["ssh_authorized_keys"]?.strings ?? [])
            + further.split(whereSeparator: \.isNewline).map(String.init)
        guard metadata["user_data"] == nil else {
            throw SpawnError(
                .invalidRequest, "'user_data' in 'instance_metadata' is ours to say; write it as 'cloud_init'")
        }
        self.metadata = metadata
        subnet = OCINetworkOptions.Part(options["subnet"])
        usesPrivateAddress = options["address"]?.stringValue == "private"
        port = options["port"]?.integerValue ?? 22
        account = options["account"]?.filledString
        managesHostKey = options["manage_host_key"]?.boolValue ?? true
        cloudInit = options["cloud_init"]?.objectValue ?? [:]
        tags = (options["tags"]?.objectValue ?? [:]).compactMapValues(\.stringValue)
        for (key, value) in tags.sorted(by: { $0.key < $1.key }) { try Self.check(tag: key, value) }
    }

    /// Oracle takes printable ASCII without dots and blanks for the name of a tag.
    private static func check(tag key: String, _ value: String) throws(SpawnError) {
        let isName = key.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ".") }
        guard isName, (1...100).contains(key.utf8.count), value.unicodeScalars.count <= 256,
            !key.lowercased().hasPrefix("multiplespawner")
        else {
            throw SpawnError(
                .invalidRequest,
                "the tag '\(key.excerpt)' cannot be set: it is longer than Oracle takes, has a dot or a blank in its name, or "
                    + "its name is kept for us; rename it")
        }
    }

    /// The shapes that may be taken.
    func allowed(of all: [OCIShape]) -> [OCIShape] {
        all.filter { shape in
            guard shapes.isEmpty else { return shapes.contains { $0.fits(shape.name) } }
            return shape.isARM == isARM && shape.name.hasPrefix("VM.")
        }
    }

    /// How much is taken of the shape that is named.
    func portion(of shape: OCIShape, holding wanted: ResourceSpecification) throws(SpawnError) -> OCIPortion {
        guard shape.flexibility != nil, let cores, let memory else {
            // A fixed shape that is named is taken as it is.
            guard shape.flexibility != nil else {
                return OCIPortion(
                    shape: shape.name, cores: shape.cores, memory: shape.memory, gpu: shape.gpu, isChosen: false)
            }
            guard let portion = shape.portion(for: wanted) else {
                throw SpawnError(
                    .invalidRequest,
                    "the shape '\(shape.name.excerpt)' does not go up to \(wanted.wanted); name another")
            }
            return OCIPortion(
                shape: shape.name, cores: cores ?? portion.cores, memory: memory ?? portion.memory, gpu: shape.gpu,
                isChosen: true)
        }
        return OCIPortion(shape: shape.name, cores: cores, memory: memory, gpu: shape.gpu, isChosen: true)
    }

    /// The account that the image of that system has for logins, as far as it is known.
    var loginAccount: String? {
        if let account { return account }
        guard let system = system?.lowercased() else { return nil }
        if system.contains("ubuntu") { return "ubuntu" }
        return ["oracle", "centos", "almalinux", "rocky"].contains { system.contains($0) } ? "opc" : nil
    }

    /// The address that we connect to, once there is one.
    func address(_ addresses: (publicAddress: String?, privateAddress: String?)) -> String? {
        usesPrivateAddress ? addresses.privateAddress : addresses.publicAddress
    }
}

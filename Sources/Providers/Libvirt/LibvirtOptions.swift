import MultipleSpawner

/// An entry of `providers.json` for libvirt.
struct LibvirtOptions: Sendable {
    var uri: String
    var pool: String
    var poolDirectory: String?
    /// Names that deployments may call images by.
    var images: [String: String]
    /// What templates may change: they are put over these.
    var machine: JSONValue

    static let shape = ObjectShape(
        [
            Field(
                "open_uri", .string, aliases: ["uri"],
                "Where libvirt is reached (qemu:///session): qemu:///system, qemu+ssh://host/system."),
            Field("pool", .string, "The storage pool in which machines get their disks (default)."),
            Field(
                "pool_path", .string,
                "A directory of libvirt's host: the pool is made there, where there is none of that name."),
            Field(
                "images", .map(.string),
                "What deployments call images, and where these are: {\"Debian 12\": \"/srv/debian-12.qcow2\"}."),
        ] + LibvirtMachineOptions.fields)

    static let preset = "qemu:///session"

    /// - Parameter options: as the file gives them; they are checked here.
    init(_ options: JSONValue) throws(SpawnError) {
        let options = try Self.shape.bind(options)
        uri = options["open_uri"]?.filledString ?? Self.preset
        pool = options["pool"]?.filledString ?? "default"
        poolDirectory = options["pool_path"]?.filledString
        images = (options["images"]?.objectValue ?? [:]).compactMapValues(\.filledString)
        let own = Set(LibvirtMachineOptions.fields.map(\.name))
        machine = .object((options.objectValue ?? [:]).filter { own.contains($0.key) })
        guard uri.contains(":"), !uri.unicodeScalars.contains(where: { $0.isControl || $0 == " " }) else {
            throw SpawnError(
                .invalidRequest, "'\(uri.excerpt)' in 'open_uri' is no address of libvirt; write qemu:///system")
        }
        try LibvirtName.check(pool, of: "pool")
        if let poolDirectory { try LibvirtName.check(path: poolDirectory, of: "pool_path") }
        // What is wrong with them is told when the file is read, not to the first user.
        _ = try LibvirtMachineOptions(machine)
    }

    /// These options with a template's over them.
    func machine(with wanted: JSONValue) throws(SpawnError) -> LibvirtMachineOptions {
        var options = try LibvirtMachineOptions(machine.merged(with: wanted.isNull ? [:] : wanted))
        if let image = options.image, let known = images[image] { options.image = known }
        return options
    }
}

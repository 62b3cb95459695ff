import MultipleSpawner

/// What machine is wanted of libvirt, read from options that were checked against their declaration.
struct LibvirtMachineOptions: Sendable {
    enum Virtualization: String, Sendable, CaseIterable {
        case kvm, qemu
    }

    struct Disk: Sendable, Hashable {
        var path: String
        var format: String
        var device: String?
        var isReadOnly: Bool
    }

    struct Share: Sendable, Hashable {
        var tag: String
        var directory: String?
        var socket: String?
        var isReadOnly: Bool
    }

    struct Interface: Sendable, Hashable {
        /// `nil`: it is on `bridge`.
        var network: String?
        var bridge: String?
        var model: String
        var mtu: Int?
    }

    var image: String?
    var imageFormat: String
    /// GB.
    var disk: Int?
    var templatePath: String?
    var templateValues: [String: String]
    var name: String
    var type: Virtualization?
    /// Bytes.
    var memory: Int?
    var cores: Int?
    var architecture: String?
    var cpuMode: String?
    var machine: String?
    var usesEFI: Bool
    var kernel: String?
    var initrd: String?
    var kernelArguments: String?
    var diskDevice: String
    var diskBus: String
    var extraDisks: [Disk]
    var shares: [Share]
    var interfaces: [Interface]
    var serial: String
    var serialPort: Int
    var console: String
    /// Empty: each is asked.
    var addressSource: LibvirtDomain.AddressSource?
    var address: String?
    var port: Int
    var account: String?
    var managesHostKey: Bool
    var hasSeed: Bool
    var cloudInit: [String: JSONValue]
    var networkConfiguration: JSONValue?
    var gpu: Int
    var grace: Int

    init(_ options: JSONValue) throws(SpawnError) {
        image = options["image"]?.filledString
        imageFormat = options["disk_driver_type"]?.filledString ?? "qcow2"
        disk = options["disk"]?.integerValue
        templatePath = options["template_path"]?.filledString
        templateValues = try Self.values(options["template_path_kwargs"]?.objectValue ?? [:])
        name = options["name"]?.filledString ?? "multiplespawner"
        type = options["domain_type"]?.filledString.flatMap(Virtualization.init)
        memory = try Self.memory(options["memory_size"] ?? .null)
        cores = options["num_vcpus"]?.integerValue
        architecture = options["cpu_architecture"]?.filledString
        cpuMode = options["cpu_mode"]?.filledString
        machine = options["machine"]?.filledString
        usesEFI = options["firmware"]?.stringValue == "efi"
        kernel = options["kernel"]?.filledString
        initrd = options["initrd"]?.filledString
        kernelArguments = options["kernel_arguments"]?.filledString
        diskDevice = options["disk_target_dev"]?.filledString ?? "vda"
        diskBus = options["disk_target_bus"]?.filledString ?? "virtio"
        extraDisks = (options["extra_disks"]?.arrayValue ?? []).map { Disk($0) }
        shares = (options["shares"]?.arrayValue ?? []).map { Share($0) }
        let cards = (options["network_interfaces"]?.arrayValue ?? []).map { Interface($0) }
        interfaces = cards.isEmpty ? [Interface(["network": options["network"] ?? .null])] : cards
        serial = options["serial_type"]?.filledString ?? "pty"
        serialPort = options["serial_type_target_port"]?.integerValue ?? 0
        console = options["console_type"]?.filledString ?? "pty"
        addressSource = Self.sources[options["address_source"]?.stringValue ?? ""]
        address = options["static_address"]?.filledString
        port = options["port"]?.integerValue ?? 22
        account = options["account"]?.filledString
        hasSeed = options["seed"]?.boolValue ?? true
        managesHostKey = options["manage_host_key"]?.boolValue ?? hasSeed
        cloudInit = options["cloud_init"]?.objectValue ?? [:]
        networkConfiguration = options["network_config"].flatMap { $0.isNull ? nil : $0 }
        gpu = options["gpu"]?.integerValue ?? 0
        grace = options["stop_grace"]?.integerValue ?? 60
        try check()
    }

    private static let sources: [String: LibvirtDomain.AddressSource] = [
        "lease": .lease, "agent": .agent, "arp": .arp,
    ]

    /// Bytes; `nil` where nothing is said.
    private static func memory(_ value: JSONValue) throws(SpawnError) -> Int? {
        guard !value.isNull, value != "" else { return nil }
        let amount =
            value.stringValue.flatMap { MemorySize.bytes($0) }
            ?? value.doubleValue.flatMap { MemorySize.bytes(gigabytes: $0) }
        guard let bytes = amount, MemorySize.range.contains(bytes) else {
            throw SpawnError(
                .invalidRequest,
                "'\(value.text.excerpt)' in 'memory_size' is no amount of memory; write \"1024MiB\", or a number of GB")
        }
        return bytes
    }

    /// Values of a template as text.
    private static func values(_ options: [String: JSONValue]) throws(SpawnError) -> [String: String] {
        var values: [String: String] = [:]
        for (key, value) in options.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .string(let text): values[key] = text
            case .integer, .number, .bool: values[key] = value.text
            default:
                throw SpawnError(
                    .invalidRequest,
                    "'\(key.excerpt)' in 'template_path_kwargs' is \(value.kindName); give text or a number")
            }
        }
        return values
    }

    private func check() throws(SpawnError) {
        try LibvirtName.check(word: name, of: "name")
        guard name.utf8.count <= 20 else {
            throw SpawnError(.invalidRequest, "'\(name.excerpt)' in 'name' is longer than 20 letters; shorten it")
        }
        try LibvirtName.check(word: diskDevice, of: "disk_target_dev")
        for (value, option) in [(architecture, "cpu_architecture"), (machine, "machine")] {
            if let value { try LibvirtName.check(word: value, of: option) }
        }
        for (path, option) in [(kernel, "kernel"), (initrd, "initrd")] {
            if let path { try LibvirtName.check(path: path, of: option) }
        }
        for disk in extraDisks {
            try LibvirtName.check(path: disk.path, of: "extra_disks")
            if let device = disk.device { try LibvirtName.check(word: device, of: "extra_disks") }
        }
        for share in shares {
            guard let path = share.directory ?? share.socket, share.directory == nil || share.socket == nil else {
                throw SpawnError(
                    .invalidRequest, "the share '\(share.tag.excerpt)' needs a 'directory' or a 'socket', one of them")
            }
            try LibvirtName.check(path: path, of: "shares")
        }
        for interface in interfaces {
            try LibvirtName.check(word: interface.model, of: "network_interfaces")
            try LibvirtName.check(interface.bridge ?? interface.network ?? "", of: "network_interfaces")
        }
        if let address { try LibvirtName.check(host: address, of: "static_address") }
        guard hasSeed || !managesHostKey else {
            throw SpawnError(
                .invalidRequest,
                "'manage_host_key' needs the disk that 'seed' is about: set both, or neither, and name the host key in the "
                    + "authenticator")
        }
        guard hasSeed || cloudInit.isEmpty && networkConfiguration == nil else {
            throw SpawnError(
                .invalidRequest,
                "'cloud_init' and 'network_config' are told by the disk that 'seed' is about; set 'seed' to true, or leave "
                    + "them out")
        }
        guard kernel != nil || initrd == nil && kernelArguments == nil else {
            throw SpawnError(.invalidRequest, "'initrd' and 'kernel_arguments' go with a 'kernel'; name it")
        }
        guard gpu == 0 || templatePath != nil else {
            throw SpawnError(
                .invalidRequest,
                "'gpu' says how many GPUs the machine of 'template_path' has; write that, with the hostdev elements")
        }
        if templatePath == nil, let key = templateValues.keys.min() {
            throw SpawnError(
                .invalidRequest, "'\(key.excerpt)' in 'template_path_kwargs' is for a 'template_path'; name it")
        }
    }

    func requiredImage() throws(SpawnError) -> String {
        guard let image else {
            throw SpawnError(
                .invalidRequest,
                "no image is named; set 'image' in providers.json, in the template or in the deployment")
        }
        if image.hasPrefix("/") {
            try LibvirtName.check(path: image, of: "image")
        } else {
            try LibvirtName.check(image, of: "image")
            guard !image.hasPrefix("ms-") else {
                throw SpawnError(.forbidden, "'\(image.excerpt)' may be the disk of somebody's machine; name an image")
            }
        }
        return image
    }
}

extension LibvirtMachineOptions.Disk {
    fileprivate init(_ options: JSONValue) {
        self.init(
            path: options.stringValue ?? options["path"]?.stringValue ?? "",
            format: options["format"]?.filledString ?? "raw", device: options["device"]?.filledString,
            isReadOnly: options["read_only"]?.boolValue ?? false)
    }
}

extension LibvirtMachineOptions.Share {
    fileprivate init(_ options: JSONValue) {
        self.init(
            tag: options["tag"]?.stringValue ?? "", directory: options["directory"]?.filledString,
            socket: options["socket"]?.filledString, isReadOnly: options["read_only"]?.boolValue ?? false)
    }
}

extension LibvirtMachineOptions.Interface {
    fileprivate init(_ options: JSONValue) {
        let bridge = options["host_interface"]?.filledString
        self.init(
            network: bridge == nil ? options["network"]?.filledString ?? "default" : nil, bridge: bridge,
            model: options["model"]?.filledString ?? "virtio", mtu: options["mtu"]?.integerValue)
    }
}

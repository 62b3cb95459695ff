import MultipleSpawner

/// A machine that is to be made: all that libvirt is told about it.
struct LibvirtDescription: Sendable {
    var options: LibvirtMachineOptions
    var type: LibvirtMachineOptions.Virtualization
    /// The host's, where the options name none.
    var architecture: String
    var token: MachineToken
    var name: String
    var tags: CloudTags
    /// Bytes.
    var memory: Int
    var cores: Int
    /// Where its own disk is on the host.
    var disk: String
    /// Where what it is told at its first boot is; `nil`: it is told nothing.
    var seed: String?

    /// The machine in libvirt's XML.
    ///
    /// - Throws: `invalid_request` for a value that cannot be written there.
    func xml() throws(SpawnError) -> String {
        var machine = [
            XMLNode("name", text: name), XMLNode("uuid", text: token.uuid),
            XMLNode("metadata", [LibvirtMetadata.node(tags)]), XMLNode("memory", ["unit": "KiB"], text: "\(kibibytes)"),
            XMLNode("vcpu", text: "\(cores)"), system,
        ]
        let isPC = ["x86_64", "i686"].contains(architecture)
        // Elsewhere only this firmware has tables for it.
        if isPC || options.usesEFI {
            machine.append(XMLNode("features", [XMLNode("acpi")] + (isPC ? [XMLNode("apic")] : [])))
        }
        if let mode = options.cpuMode ?? (type == .kvm ? "host-model" : nil) {
            machine.append(XMLNode("cpu", ["mode": mode]))
        }
        if !options.shares.isEmpty {
            // What serves a share sees the machine's memory.
            let backing = [XMLNode("source", ["type": "memfd"]), XMLNode("access", ["mode": "shared"])]
            machine.append(XMLNode("memoryBacking", backing))
        }
        machine += [
            XMLNode("on_poweroff", text: "destroy"), XMLNode("on_reboot", text: "restart"),
            XMLNode("on_crash", text: "destroy"), XMLNode("devices", devices),
        ]
        return try XMLNode("domain", ["type": type.rawValue], machine).text()
    }

    /// Memory in libvirt's unit.
    var kibibytes: Int { (memory + 1023) >> 10 }

    private var system: XMLNode {
        var attributes: [(String, String)] = []
        if let architecture = options.architecture { attributes.append(("arch", architecture)) }
        if let machine = options.machine { attributes.append(("machine", machine)) }
        let type = XMLNode("type", attributes, text: "hvm")
        var parts = [type]
        if let kernel = options.kernel {
            parts.append(XMLNode("kernel", text: kernel))
            if let initrd = options.initrd { parts.append(XMLNode("initrd", text: initrd)) }
            if let arguments = options.kernelArguments { parts.append(XMLNode("cmdline", text: arguments)) }
        }
        parts.append(XMLNode("boot", ["dev": "hd"]))
        return XMLNode("os", options.usesEFI ? [("firmware", "efi")] : [], parts)
    }

    private var devices: [XMLNode] {
        disks + options.shares.map(\.node) + interfaces + [
            // Where the guest's agent listens, in images that have one.
            XMLNode(
                "channel", ["type": "unix"],
                [XMLNode("target", ["type": "virtio", "name": "org.qemu.guest_agent.0"])]),
            XMLNode(
                "serial", ["type": options.serial], [XMLNode("target", ["port": "\(options.serialPort)"])]),
            XMLNode(
                "console", ["type": options.console],
                [XMLNode("target", ["type": "serial", "port": "\(options.serialPort)"])]),
            // Its sshd makes no key before there is chance enough.
            XMLNode("rng", ["model": "virtio"], [XMLNode("backend", ["model": "random"], text: "/dev/urandom")]),
        ]
    }

    private var disks: [XMLNode] {
        var free = LibvirtDeviceNames(options)
        var nodes = [Self.disk(disk, format: "qcow2", device: options.diskDevice, bus: options.diskBus)]
        if let seed { nodes.append(Self.seed(seed, options, device: free.next())) }
        for disk in options.extraDisks {
            nodes.append(
                Self.disk(
                    disk.path, format: disk.format, device: disk.device ?? free.next(), bus: options.diskBus,
                    isReadOnly: disk.isReadOnly))
        }
        return nodes
    }

    /// A plain disk, which each image can read: some kernels have nothing for a CD drive.
    static func seed(_ path: String, _ options: LibvirtMachineOptions, device: String) -> XMLNode {
        disk(path, format: "raw", device: device, bus: options.diskBus, isReadOnly: true)
    }

    private static func disk(
        _ path: String, format: String, device: String, bus: String, isReadOnly: Bool = false
    ) -> XMLNode {
        XMLNode(
            "disk", ["type": "file", "device": "disk"],
            [
                XMLNode("driver", ["name": "qemu", "type": format]), XMLNode("source", ["file": path]),
                XMLNode("target", ["dev": device, "bus": bus]),
            ] + (isReadOnly ? [XMLNode("readonly")] : []))
    }

    private var interfaces: [XMLNode] {
        options.interfaces.enumerated().map { number, interface in
            let isBridged = interface.bridge != nil
            var parts = [
                XMLNode("mac", ["address": token.card(number)]),
                isBridged
                    ? XMLNode("source", ["bridge": interface.bridge ?? ""])
                    : XMLNode("source", ["network": interface.network ?? "default"]),
                XMLNode("model", ["type": interface.model]),
            ]
            if let mtu = interface.mtu { parts.append(XMLNode("mtu", ["size": "\(mtu)"])) }
            return XMLNode("interface", ["type": isBridged ? "bridge" : "network"], parts)
        }
    }
}

extension LibvirtMachineOptions.Share {
    fileprivate var node: XMLNode {
        let source =
            socket.map { XMLNode("source", ["socket": $0]) } ?? XMLNode("source", ["dir": directory ?? ""])
        let attributes = [("type", "mount")] + (socket == nil ? [("accessmode", "passthrough")] : [])
        return XMLNode(
            "filesystem", attributes,
            [XMLNode("driver", ["type": "virtiofs"]), source, XMLNode("target", ["dir": tag])]
                + (isReadOnly ? [XMLNode("readonly")] : []))
    }
}

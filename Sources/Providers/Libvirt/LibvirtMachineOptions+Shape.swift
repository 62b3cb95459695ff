import MultipleSpawner

extension LibvirtMachineOptions {
    static let fields = [
        Field(
            "image", .string, aliases: ["disk_image_path"],
            "What the machine's disk begins as: a path on libvirt's host, a volume of the pool, or a name of 'images'."),
        Field(
            "disk_driver_type", .choice(["qcow2", "raw"]), aliases: ["image_format"],
            "The format of the image (qcow2). The machine's own disk is qcow2 over it."),
        Field("disk", .integer(1...65536), "The size of its disk in GB; as the image's when not given."),
        Field(
            "template_path", .path,
            "The machine in libvirt's XML, with {name}, {disk_image_path} and others in it; ours when not given."),
        Field("template_path_kwargs", .map(.anything), "Further values for the places in 'template_path'."),
        Field("name", .string, "What the machines' names begin with (multiplespawner)."),
        Field(
            "domain_type", .choice(Virtualization.allCases.map(\.rawValue)),
            "kvm, or qemu, which is slow; kvm where the host has it when not given."),
        // As it is written: what is read twice must be the same as what is read once.
        Field(
            "memory_size", .either([.string, .number(0.001...65536)]), aliases: ["memory"],
            "Its memory, whatever is asked for: \"1024MiB\", or GB."),
        Field("num_vcpus", .integer(1...4096), aliases: ["vcpus"], "Its cores, whatever is asked for."),
        Field("cpu_architecture", .string, "x86_64, aarch64; the host's when not given."),
        Field(
            "cpu_mode", .choice(["host-model", "host-passthrough", "maximum", "custom"]),
            "Which CPU it sees; host-model with kvm."),
        Field("machine", .string, aliases: ["machine_type"], "pc, q35, virt; libvirt's choice when not given."),
        Field("firmware", .choice(["bios", "efi"]), "What boots it (bios)."),
        Field("kernel", .path, "A kernel on libvirt's host that is booted at once, without what is on the disk."),
        Field("initrd", .path, "The first file system of that kernel."),
        Field("kernel_arguments", .string, "What that kernel is told: root=/dev/vda."),
        Field("disk_target_dev", .string, "What its disk is called there (vda)."),
        Field(
            "disk_target_bus", .choice(["virtio", "scsi", "sata", "ide", "usb"]), "How its disk is attached (virtio)."),
        Field("disk_device_type", .choice(["file"]), "How its disk is kept: as a file."),
        Field("disk_driver_name", .choice(["qemu"]), "Who reads its disk: QEMU."),
        Field("extra_disks", .list(.either([.string, .object(disk)])), "Further disks, that are there."),
        Field(
            "shares", .list(.object(share)), aliases: ["virtiofsd_directory_shares", "virtiofs_directory_shares"],
            "Directories of the host that it may mount, by virtiofs."),
        Field("network", .string, "The network of libvirt that it is in (default)."),
        Field("network_interfaces", .list(.object(interface)), "Its network cards, in the place of 'network'."),
        Field("serial_type", .choice(["pty", "null"]), "Where its serial line leads (pty)."),
        Field("serial_type_target_port", .integer(0...3), "The number of that line (0)."),
        Field("console_type", .choice(["pty", "null"]), "Where its console leads (pty)."),
        Field(
            "address_source", .choice(["auto"] + ["lease", "agent", "arp"]),
            "Who tells its address: libvirt's own DHCP, the guest's agent, the host's neighbours; each is asked (auto)."
        ),
        Field("static_address", .string, "Its address, where that is known before; in a template {username}.lab."),
        Field("port", .integer(1...65535), "Where its sshd listens (22)."),
        Field("account", .string, "The account that the machine lets us in to: debian, ubuntu; the image's own."),
        Field(
            "manage_host_key", .boolean,
            "Whether the machine gets a host key of ours, so that it is known at the first connection (true)."),
        Field(
            "seed", .boolean, "Whether it has a disk that tells cloud-init all that; false for images without (true)."),
        Field("cloud_init", .map(.anything), "What else cloud-init does at the first boot: packages, runcmd."),
        Field("network_config", .map(.anything), "The machine's network as cloud-init describes it."),
        Field("gpu", .integer(0...64), "How many GPUs the machine of 'template_path' has (0)."),
        Field("stop_grace", .integer(0...3600), "Seconds that it may take to end before its power is cut (60)."),
    ]

    private static let disk = ObjectShape([
        Field("path", .string, required: true, "Where it is on libvirt's host."),
        Field("format", .choice(["qcow2", "raw"]), "Its format (raw)."),
        Field("device", .string, aliases: ["dev"], "What it is called in the machine: vdc; the next free name."),
        Field("read_only", .boolean, "Whether it is only read (false). One that is written to can serve one machine."),
    ])

    private static let share = ObjectShape([
        Field("tag", .string, aliases: ["target"], required: true, "What the machine mounts it by."),
        Field("directory", .string, aliases: ["path", "source"], "The directory of the host; libvirt serves it."),
        Field("socket", .string, "Where a virtiofsd that was started by others serves it."),
        Field("read_only", .boolean, "Whether it is only read (false)."),
    ])

    private static let interface = ObjectShape([
        Field("network", .string, "The network of libvirt."),
        Field("host_interface", .string, aliases: ["bridge"], "The host's bridge."),
        Field("model", .string, "The kind of the card (virtio)."),
        Field("mtu", .integer(68...65535), "The longest packet."),
    ])
}

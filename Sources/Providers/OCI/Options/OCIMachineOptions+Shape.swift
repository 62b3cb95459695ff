import MultipleSpawner

extension OCIMachineOptions {
    static let fields = [
        Field("instance", .object(instance), "The machine."),
        Field(
            "instance_metadata", .map(.string),
            "Further metadata of the machine; ssh_authorized_keys in it are let in as well."),
        Field(
            "subnet", .object(OCINetworkOptions.subnet),
            "The subnet: by its id, or by its name, made where it is missing."),
        Field(
            "address", .choice(["public", "private"]),
            "Which of its addresses we connect to (public); private from within its network."),
        Field("port", .integer(1...65535), "Where its sshd listens (22)."),
        Field("account", .string, "The account that the machine lets us in to: opc, ubuntu; the image's own."),
        Field(
            "manage_host_key", .boolean,
            "Whether the machine gets a host key of ours, so that it is known at the first connection (true)."),
        Field("cloud_init", .map(.anything), "What else cloud-init does at the first boot: packages, runcmd."),
        Field("tags", .map(.string), "Further free-form tags of the machine."),
    ]

    private static let instance = ObjectShape([
        Field("availability_domain", .string, "Where in the region; spread over all when not given."),
        Field("shape", .string, aliases: ["target_shape"], "The shape, whatever is asked for."),
        Field(
            "shapes", .list(.string),
            "The shapes from which the smallest that fits is taken: VM.Standard.E*; virtual machines when not given."),
        Field(
            "shape_config",
            .object(
                ObjectShape([
                    Field("ocpus", .number(0.1...1024), "Cores."),
                    Field("memory_in_gbs", .number(0.1...65536), "Memory in GB."),
                ])), "How much of a flexible shape, whatever is asked for."),
        Field("architecture", .choice(["x86_64", "arm64"]), "What the image runs on (x86_64)."),
        Field("image", .string, aliases: ["image_id"], "The image by its id."),
        Field("operating_system", .string, "The image by its system: Oracle Linux, Canonical Ubuntu."),
        Field("operating_system_version", .string, "The version of that system; the newest image of it is taken."),
        Field("ssh_authorized_keys", .list(.string), "Further keys that the machine lets in."),
        Field("display_name", .string, "What the console calls it; the user's name when not given."),
        Field(
            "assign_public_ip", .boolean,
            "Whether the machine gets a public address; as the subnet says when not given."),
        Field(
            "boot_volume_size_in_gbs", .integer(50...32768),
            "The size of its first volume; as the image says when not given."),
    ])
}

import MultipleSpawner

extension EC2MachineOptions {
    static let fields = [
        Field("image", .string, aliases: ["image_id"], "The image by its id: ami-0123."),
        Field("image_name", .string, "The image by its name, where * is anything: the newest one is taken."),
        Field(
            "image_owners", .list(.string),
            "Whose images 'image_name' may find: self, amazon, an account's number (self and amazon)."),
        Field(
            "architecture", .choice(["x86_64", "arm64"]), "What an image that is found by its name runs on (x86_64)."),
        Field("instance_type", .string, "The type of the machine, whatever is asked for."),
        Field(
            "instance_types", .list(.string),
            "The types from which the smallest that fits is taken: t3.*, m7i.large; any when not given."),
        Field("subnet", .string, aliases: ["subnet_id"], "The subnet's id; the default one when not given."),
        Field(
            "security_groups", .list(.string), aliases: ["security_group_ids"],
            "The ids of the groups that say who may connect; the default one when not given."),
        Field(
            "public_address", .boolean, "Whether the machine gets a public address; as the subnet says when not given."),
        Field(
            "address", .choice(["public", "private"]),
            "Which of its addresses we connect to (public); private from within its network."),
        Field("port", .integer(1...65535), "Where its sshd listens (22)."),
        Field("disk", .integer(1...65536), "The size of its first volume in GB; as the image says when not given."),
        Field("key_name", .string, "A key pair of the account that the machine lets in as well."),
        Field(
            "instance_profile", .string,
            "The name of the profile with the machine's own role: its users have that role too."),
        Field("account", .string, "The account that the machine lets us in to: ec2-user, admin; the image's own."),
        Field(
            "manage_host_key", .boolean,
            "Whether the machine gets a host key of ours, so that it is known at the first connection (true)."),
        Field("imdsv1", .boolean, "Whether its metadata is also given without a session token (false)."),
        Field("cloud_init", .map(.anything), "What else cloud-init does at the first boot: packages, runcmd."),
        Field("tags", .map(.string), "Further tags of the machine."),
    ]
}

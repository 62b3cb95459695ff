import MultipleSpawner

extension SwarmShape {
    static let mount = Shape.object(
        ObjectShape([
            Field(
                "type", .choice(["volume", "bind", "tmpfs", "npipe"]), aliases: ["Type"], "What is mounted: a volume."),
            Field("source", .string, aliases: ["Source"], "The volume's name or the path; empty: an anonymous volume."),
            Field("target", .path, aliases: ["Target"], required: true, "Where it is in the container."),
            Field("read_only", .boolean, aliases: ["ReadOnly"], "Mount it read-only."),
            Field(
                "consistency", .choice(["default", "consistent", "cached", "delegated"]), aliases: ["Consistency"],
                "How strictly it follows the host, on desktops."),
            Field(
                "propagation", .choice(["private", "rprivate", "shared", "rshared", "slave", "rslave"]),
                "Of a bind mount: which later mounts are seen."),
            Field("no_copy", .boolean, aliases: ["NoCopy"], "Of a volume: do not fill it from the image."),
            Field(
                "labels", labels, aliases: ["label"],
                "Of a volume. `autoremove`: the volume is removed with the session, unless it is \"False\"."),
            Field("driver_config", .object(volumeDriver), "Of a volume: what makes it."),
            Field("tmpfs_size", .quantity(.bytes), "Of a tmpfs: its size; bytes, or text such as `64M`."),
            Field("tmpfs_mode", mode, "Of a tmpfs: its permission bits."),
        ]))

    static let volumeDriver = ObjectShape([
        Field("name", .string, aliases: ["Name"], "The driver: `local`, `ucphhpc/sshfs:latest`."),
        Field("options", .object(volumeOptions), aliases: ["Options"], "What the driver needs to know."),
    ])

    /// Any that a driver knows. A password and a key are handed over as they are; anything else becomes mount options.
    static let volumeOptions = ObjectShape(
        [
            Field("password", .string, "Of sshfs: the password of the account."),
            Field("id_rsa", .string, "Of sshfs: the private key itself."),
        ], others: .setting)

    static let configReference = Shape.object(
        ObjectShape([
            Field("config_name", .string, aliases: ["ConfigName"], required: true, "The name of the Docker config."),
            Field("config_id", .string, aliases: ["ConfigID"], "Its id; found by its name when it is not given."),
            Field("filename", .path, "The file in the container; the config's name when it is not given."),
            Field("uid", account, "Who owns the file (0)."),
            Field("gid", account, "The group of the file (0)."),
            Field("mode", mode, "The permission bits of the file (0444)."),
        ]))

    static let secretReference = Shape.object(
        ObjectShape([
            Field("secret_name", .string, aliases: ["SecretName"], required: true, "The name of the Docker secret."),
            Field("secret_id", .string, aliases: ["SecretID"], "Its id; found by its name when it is not given."),
            Field("filename", .path, "The file below /run/secrets, or its path; the secret's name when not given."),
            Field("uid", account, "Who owns the file (0)."),
            Field("gid", account, "The group of the file (0)."),
            Field("mode", mode, "The permission bits of the file (0444)."),
        ]))

    static let homeHook = ObjectShape([
        Field("path", .path, "A directory that the daemon makes when it is missing: `/var/nfs/{service_owner}`."),
        Field("uid", .integer(0...4_294_967_294), "Who owns the directory (1000)."),
        Field("gid", .integer(0...4_294_967_294), "The group of the directory (100)."),
        Field("mode", mode, "The permission bits of the directory (0700)."),
        Field(
            "owner_file", .path,
            "A file that is made with the directory and holds the user's name: `{service_owner}_email.txt`."),
        Field(
            "quota_marker", .path,
            "An empty file that is made with the directory, for a job that sets quotas: `{service_owner}_QUOTA_NOT_SET`."
        ),
        Field(
            "command", .list(.string),
            "A program of the daemon's machine that is run before each start: JSON in, and mounts as JSON out."),
        Field("data", .map(.string), "Further values for the program, in its JSON: `{\"key\": \"{privateKey}\"}`."),
        Field("timeout", .number(0.1...3600), "The most seconds that the program may take (30)."),
    ])
}

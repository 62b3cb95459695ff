import MultipleSpawner

extension SwarmShape {
    static let container = ObjectShape([
        Field("image", .string, aliases: ["Image"], "The image, where neither `image` nor `images` names one."),
        Field("command", command, aliases: ["Command"], "What replaces the image's ENTRYPOINT."),
        Field("args", command, aliases: ["Args"], "What replaces the image's CMD."),
        Field("env", variables, aliases: ["Env"], "Variables of the container, below those of the hub."),
        Field("labels", labels, aliases: ["Labels", "label"], "Labels of the container, beside ours."),
        Field("workdir", .path, aliases: ["Dir"], "The directory in which the container's program starts."),
        Field("user", account, aliases: ["User"], "The user that the container runs as: `1000`, `jovyan`, `1000:100`."),
        Field("uid_gid", .string, "The container's user and the owner of uploaded files: `1000:100`."),
        Field("groups", .list(.string), aliases: ["Groups"], "Further groups of the container's user."),
        Field("hostname", .string, aliases: ["Hostname"], "The container's host name."),
        Field("mounts", .list(mount), aliases: ["Mounts"], "What is mounted into the container."),
        Field("configs", .list(configReference), aliases: ["Configs"], "Docker configs that appear as files."),
        Field("secrets", .list(secretReference), aliases: ["Secrets"], "Docker secrets that appear as files."),
        Field("healthcheck", .object(healthcheck), aliases: ["Healthcheck", "HealthCheck"], "How Docker checks it."),
        Field("init", .boolean, aliases: ["Init"], "Run an init process that reaps children."),
        Field("cap_add", .list(.string), aliases: ["CapabilityAdd"], "Capabilities beyond Docker's own set."),
        Field("cap_drop", .list(.string), aliases: ["CapabilityDrop"], "Capabilities to take from Docker's own set."),
        Field("sysctls", .map(.string), aliases: ["Sysctls"], "Kernel parameters of the container's namespaces."),
        Field("dns_config", .object(dns), aliases: ["DNSConfig"], "Name servers and search domains."),
        Field("hosts", .either([.map(.string), .list(.string)]), aliases: ["Hosts"], "Host names and addresses."),
        Field(
            "stop_grace_period", .quantity(.nanoseconds), aliases: ["StopGracePeriod"],
            "Time between asking it to stop and killing it: nanoseconds, or text such as `30s`."),
        Field("stop_signal", .string, aliases: ["StopSignal"], "The signal that asks it to stop."),
        Field("tty", .boolean, aliases: ["TTY"], "Give it a terminal."),
        Field("open_stdin", .boolean, aliases: ["OpenStdin"], "Keep its standard input open."),
        Field("read_only", .boolean, aliases: ["ReadOnly"], "Mount its root file system read-only."),
        Field("privileges", .object(privileges), aliases: ["Privileges"], "SELinux labels and credential specs."),
        Field(
            "isolation", .choice(["default", "process", "hyperv"]), aliases: ["Isolation"], "Of Windows containers."),
        Field("ulimits", ulimits, aliases: ["Ulimits", "ulimit"], "Limits of the container's processes."),
    ])

    static let healthcheck = ObjectShape([
        Field("test", command, aliases: ["Test"], "`[\"CMD\", …]`, `[\"NONE\"]`, or a shell command as text."),
        Field("interval", .quantity(.nanoseconds), aliases: ["Interval"], "Time between checks."),
        Field("timeout", .quantity(.nanoseconds), aliases: ["Timeout"], "The most time that a check may take."),
        Field("retries", .integer(0...1000), aliases: ["Retries"], "Failures in a row that make it unhealthy."),
        Field(
            "start_period", .quantity(.nanoseconds), aliases: ["StartPeriod"], "Time in which failures do not count."),
    ])

    static let dns = ObjectShape([
        Field("nameservers", .list(.string), aliases: ["Nameservers"], "Addresses of name servers."),
        Field("search", .list(.string), aliases: ["Search"], "Domains to search for short names."),
        Field("options", .list(.string), aliases: ["Options"], "Options of the resolver: `ndots:2`."),
    ])

    static let privileges = ObjectShape([
        Field("credentialspec_file", .string, "A credential spec in a file, for Windows."),
        Field("credentialspec_registry", .string, "A credential spec in the registry, for Windows."),
        Field("selinux_disable", .boolean, "Run without SELinux."),
        Field("selinux_user", .string, "The SELinux user."),
        Field("selinux_role", .string, "The SELinux role."),
        Field("selinux_type", .string, "The SELinux type."),
        Field("selinux_level", .string, "The SELinux level."),
    ])

    /// A list of `{name, soft, hard}`, or an object such as `{"nofile": 1024}` or `{"nofile": {"soft": …, "hard": …}}`.
    static let ulimits = Shape.either([
        .list(
            .object(
                ObjectShape([
                    Field("name", .string, aliases: ["Name"], required: true, "`nofile`, `nproc`, `memlock`…"),
                    Field("soft", ulimit, aliases: ["Soft"], "The limit that is in force; -1: none."),
                    Field("hard", ulimit, aliases: ["Hard"], "The most that it may be raised to; -1: none."),
                ]))),
        .map(
            .either([
                ulimit,
                .object(
                    ObjectShape([
                        Field("soft", ulimit, "The limit that is in force; -1: none."),
                        Field("hard", ulimit, "The most that it may be raised to; -1: none."),
                    ])),
            ])),
    ])

    private static let ulimit = Shape.integer(-1...Int.max)
}

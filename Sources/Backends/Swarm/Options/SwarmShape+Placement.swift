import MultipleSpawner

extension SwarmShape {
    static let resources = ObjectShape([
        Field("cpu_limit", .quantity(.nanoCPUs), "The most cores: `0.5`, or NanoCPUs."),
        Field("cpu_reservation", .quantity(.nanoCPUs), "Cores that a node must have free: `0.5`, or NanoCPUs."),
        Field("mem_limit", .quantity(.bytes), "The most memory: bytes, or text such as `512M`."),
        Field(
            "mem_reservation", .quantity(.bytes), "Memory that a node must have free: bytes, or text such as `512M`."),
        Field("pids_limit", .integer(0...Int.max), "The most processes and threads; 0: no limit."),
        Field("generic_resources", genericResources, "What nodes announce by a name of their own, such as GPUs."),
    ])

    /// docker-py's object: a whole number counts, text names one. Or Docker's list.
    static let genericResources = Shape.either([
        .map(.either([.integer(0...1_000_000), .string])),
        .list(
            .object(
                ObjectShape([
                    Field("DiscreteResourceSpec", discreteResource, "So many of a kind."),
                    Field("NamedResourceSpec", namedResource, "This one of a kind."),
                ]))),
    ])

    private static let discreteResource = Shape.object(
        ObjectShape([
            Field("Kind", .string, required: true, "The name that nodes announce."),
            Field("Value", .integer(0...1_000_000), required: true, "How many."),
        ]))

    private static let namedResource = Shape.object(
        ObjectShape([
            Field("Kind", .string, required: true, "The name that nodes announce."),
            Field("Value", .string, required: true, "Which one."),
        ]))

    /// An object, or a list of constraints.
    static let placement = Shape.either([
        .object(
            ObjectShape([
                Field("constraints", .list(.string), aliases: ["Constraints"], "`node.labels.zone==a`."),
                Field(
                    "preferences", .list(preference), aliases: ["Preferences"],
                    "`spread=node.labels.zone`, or the pair `[\"spread\", \"node.labels.zone\"]`."),
                Field(
                    "platforms", .list(platform), aliases: ["Platforms"], "The pair `[\"x86_64\", \"linux\"]`."),
                Field(
                    "maxreplicas", .integer(0...1_000_000), aliases: ["MaxReplicas", "max_replicas"],
                    "The most containers of a service on one node; a session has one."),
            ])),
        .list(.string),
    ])

    private static let preference = Shape.either([
        .string,
        .object(
            ObjectShape([
                Field(
                    "Spread",
                    .object(ObjectShape([Field("SpreadDescriptor", .string, required: true, "What to spread over.")])),
                    required: true, "Spread over the values of this.")
            ])),
        .list(.string),
    ])

    private static let platform = Shape.either([
        .string,
        .object(
            ObjectShape([
                Field("Architecture", .string, "`x86_64`."),
                Field("OS", .string, "`linux`."),
            ])),
        .list(.string),
    ])

    static let network = Shape.either([
        .string,
        .object(
            ObjectShape([
                Field("Target", .string, aliases: ["target", "name"], required: true, "The network's name or id."),
                Field("Aliases", .list(.string), aliases: ["aliases"], "Further names of the container there."),
            ])),
    ])

    static let endpoint = ObjectShape([
        Field("mode", .choice(["vip", "dnsrr"]), aliases: ["Mode"], "How the service's name is resolved."),
        Field(
            "ports",
            .either([
                .map(.either([port, .list(.string)])),
                .list(.object(publishedPort)),
            ]), aliases: ["Ports"],
            "Published ports: `{\"30000\": 8888}`, `{\"30000\": [8888, \"tcp\", \"host\"]}`."),
    ])

    private static let publishedPort = ObjectShape([
        Field("PublishedPort", .integer(0...65535), "The port of the nodes; 0: one that Docker chooses."),
        Field("TargetPort", port, required: true, "The port of the container."),
        Field("Protocol", .choice(["tcp", "udp", "sctp"]), "tcp, when nothing is given."),
        Field("PublishMode", .choice(["ingress", "host"]), "On every node, or on the one that the container is on."),
        Field("Name", .string, "A name for the port."),
    ])

    static let logDriver = ObjectShape([
        Field("name", .string, aliases: ["Name"], "The driver: `json-file`, `journald`, `syslog`…"),
        Field("options", .map(.string), aliases: ["Options"], "What the driver needs to know."),
    ])

    static let restartPolicy = ObjectShape([
        Field(
            "condition", .choice(["none", "on-failure", "any"]), aliases: ["Condition"], "When it is restarted (none)."),
        Field("delay", .quantity(.nanoseconds), aliases: ["Delay"], "Time before a restart."),
        Field("max_attempts", .integer(0...Int.max), aliases: ["MaxAttempts"], "How often at most."),
        Field("window", .quantity(.nanoseconds), aliases: ["Window"], "Time in which attempts are counted."),
    ])

    /// A pool of devices, or the name of one that is declared in `accelerators` of the template.
    static let accelerators = Shape.either([
        .list(.either([.string, .object(accelerator)])),
        .map(.object(accelerator)),
    ])

    private static let accelerator = ObjectShape([
        Field("name", .string, aliases: ["pool", "pool_id"], "What images call the pool; its type when not given."),
        Field("type", .string, "What the devices are: `NVIDIA-GPU`."),
        Field(
            "ids", .either([.list(.string), .map(.string)]), aliases: ["mappings"],
            "The devices, as the container's runtime names them: `0`, `GPU-fef8089b`, `0:1`."),
        Field("ids_file_path", .path, aliases: ["mappings_file_path"], "A file with the devices, one a line."),
        Field("oversubscribe", .boolean, "Whether a device may serve several sessions (false)."),
        Field(
            "count", .either([.integer(1...1024), .choice(["gpu"])]),
            "How many devices a session gets (1); `gpu`: as many GPUs as were chosen, and none for none."),
    ])
}

extension SpawnWish {
    /// The names that a user may choose from; `nil` where any text is taken and looked up later.
    struct Choices: Sendable {
        var providers: [String]?
        var resourceTypes = ResourceType.allCases.map(\.rawValue)
        var templates: [String]?
        var deployments: [String]?
        var images: [String]?
        var imageNames: [String]?
        var takesFiles = true
        /// Which of `menuKeys` may be given.
        var keys = SpawnWish.menuKeys
        var mostCPU: Double?
        var mostGPUs: Int?
        var longestLifetime: Int?
    }

    /// The declaration of user options that every request is held to.
    static let shape = shape(Choices())

    /// What the router reads, within `spawn_options` or without it.
    static let routerFields = routerFields(Choices())

    /// The declaration of user options, narrowed to what somebody may choose.
    static func shape(_ choices: Choices) -> ObjectShape {
        let inner = routerFields(choices)
        return ObjectShape(
            [Field("spawn_options", .object(ObjectShape(inner)), "What to spawn.")] + inner + swarmFields(choices))
    }

    /// Every key that makes a body one of ours.
    static let knownKeys: [String] = shape.fields.flatMap { [$0.name] + $0.aliases }

    private static func routerFields(_ choices: Choices) -> [Field] {
        func name(_ names: [String]?) -> Shape { names.map(Shape.choice) ?? .string }
        let hardware = [
            Field("memory", .memory, "Memory: a number of GB, or text such as \"512M\"."),
            Field("cpu", .number(HardwareLimits.cpuRange.capped(at: choices.mostCPU)), "CPU cores."),
            Field("gpu", .integer(HardwareLimits.gpuRange.capped(at: choices.mostGPUs)), "GPUs."),
        ]
        let session = [
            Field(
                "lifetime", .integer(HardwareLimits.lifetimeRange.capped(at: choices.longestLifetime)),
                "How many minutes it runs.")
        ]
        return [
            Field("provider", name(choices.providers), "Who owns the machine."),
            Field("resource_type", .choice(choices.resourceTypes), "The kind of machine."),
            Field("template", name(choices.templates), "The template, where several fit."),
            Field("deployment", name(choices.deployments), "What is launched."),
            Field("image", name(choices.images), "The image that is launched, by its own name."),
            Field("resource_specification", .object(ObjectShape(hardware)), "The hardware."),
            Field("session_configuration", .object(ObjectShape(session)), "The session."),
        ] + hardware + session
    }

    /// Keys that go to the backend of a template, where its menu has them.
    static let menuKeys = [
        "container_spec", "resource_spec", "networks", "log_driver", "accelerators", "placement", "remote_host",
    ]

    private static func aliases(of key: String) -> [String] {
        switch key {
        case "networks": ["network"]
        case "resource_spec": ["resources"]
        default: []
        }
    }

    /// SwarmSpawner's keys, at its last release and on its branches, and what JupyterHub shows to its admins.
    private static func swarmFields(_ choices: Choices) -> [Field] {
        func name(_ names: [String]?) -> Shape { names.map(Shape.choice) ?? .string }
        let image = ObjectShape([
            Field("image", name(choices.images), "The image."),
            Field("name", name(choices.imageNames), "Its name in the list of images."),
        ])
        let keys = menuKeys.filter(choices.keys.contains).map { key in
            Field(key, .anything, aliases: aliases(of: key), "As the backend has it, within what the template allows.")
        }
        let files = Field(
            "user_install_files", .list(.object(Upload.shape)), "Files to install in the server.")
        return [
            Field(
                "user_selected_name", name(choices.imageNames), aliases: ["spawn_image_name"],
                "The image's name in the list of images."),
            Field("user_selected_image", name(choices.images), "The image."),
            Field("spawn_image_data", .either([name(choices.images), .object(image)]), "The image."),
        ] + (choices.takesFiles ? [files] : []) + keys + [
            Field("name", .anything, "What SwarmSpawner read and made nothing of; not read."),
            Field("profile", .string, "What the hub's admin page shows; not read."),
        ]
    }
}

extension ClosedRange {
    fileprivate func capped(at most: Bound?) -> ClosedRange {
        guard let most, most < upperBound else { return self }
        return lowerBound...Swift.max(lowerBound, most)
    }
}

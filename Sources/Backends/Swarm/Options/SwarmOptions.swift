import MultipleSpawner

/// What a template says about one session's service: its options read for one image, with the image's in their places.
///
/// It is a value that holds all: reading the same options again gives the same.
struct SwarmOptions: Sendable, Withheld {
    /// Variables by where they were given; `ServiceEnvironment` says who wins.
    struct Environment: Sendable, Hashable, Withheld {
        var container: EnvironmentList
        var template: EnvironmentList
        var image: EnvironmentList
    }

    /// What `{service_owner}` stood for.
    let owner: String
    /// The image, exactly as it is configured.
    let image: String
    /// What the form calls it.
    let imageName: String
    let setsImageNameLabel: Bool
    let environment: Environment
    /// The container, but for variables, mounts, configs and secrets; labels are the admin's.
    let container: ContainerSpecification
    let mounts: [MountSpecification]
    let configs: [FileReference]
    let secrets: [FileReference]
    /// Who owns uploaded files and secrets, where somebody said so.
    let fileOwner: UserAndGroup?
    let labels: [String: String]
    let resourceOptions: ResourceOptions
    let placement: PlacementSpecification?
    let networks: [NetworkAttachment]
    let logDriver: NamedDriver?
    let endpoint: EndpointSpecification?
    let restartPolicy: RestartPolicy
    let accelerators: AcceleratorPlan
    let prefix: String
    let port: Int
    /// What the server binds to in its container.
    let address: String
    let ownerStyle: OwnerStyle
    let notebookDirectory: String?
    let defaultURL: String?
    let hubServiceName: String?
    let token: TokenDelivery
    let connect: ConnectMode
    let uploads: UploadRules?
    let homeHook: HomeHook?
    let cleanupImage: String?

    /// Reads the options of a plan.
    init(_ plan: SessionPlan) throws(SpawnError) {
        try self.init(plan.options, user: plan.identity.user)
    }

    /// - Parameters:
    ///   - options: as a plan carries them. Where `images` has several, the first is meant.
    ///   - user: whose session it is; `nil` where there is none yet, and placeholders stay.
    init(_ options: JSONValue, user: String?) throws(SpawnError) {
        let style = Self.ownerStyle(options)
        let owner = user.map { ServiceOwner($0, style: style).text } ?? "{service_owner}"
        // What was filled in is held against the declaration again: it may have stood where a number is wanted.
        let filled = DeferredPlaceholders(["service_owner": owner]).fill(options)
        let bound = try Self.shape.bind(filled, keepingPlaceholders: user == nil)
        try SwarmMenu.checkDistinct(bound)
        guard let entry = SwarmMenu.entries(bound).first, let name = entry["image"]?.stringValue, !name.isEmpty else {
            throw SpawnError(.invalidRequest, "the options name no image; give 'images', or 'image'")
        }
        let merged = OptionPrecedence(options: bound, image: entry).merged
        let container = OptionReader(merged["container_spec"], isOpen: user == nil)
        let reader = OptionReader(.object(merged), isOpen: user == nil)

        self.owner = owner
        image = name
        imageName = entry["name"]?.stringValue ?? name
        setsImageNameLabel = reader.flag("set_service_image_name_label") ?? false
        environment = Environment(
            container: EnvironmentList(container["env"]), template: EnvironmentList(merged["environment"]),
            image: EnvironmentList(entry["env"]))
        fileOwner = try container.fileOwner()
        self.container = try container.container(image: name, defaultArguments: try reader.command())
        mounts = try container.mounts()
        configs = try container.files(.config)
        secrets = try container.files(.secret)
        labels = reader.texts("labels") ?? [:]
        try ServiceLabels.check(labels, in: "'labels'")
        resourceOptions = ResourceOptions(reader)
        placement = try reader.placement()
        networks = reader.networks()
        logDriver = reader.driver("log_driver")
        endpoint = try reader.endpoint()
        restartPolicy = reader.restartPolicy()
        accelerators = try AcceleratorPlan(
            declared: bound["accelerators"],
            wanted: entry["accelerators"] ?? bound["accelerators"])
        prefix = reader.text("service_prefix") ?? "jupyter"
        try ServiceNames.check(prefix: prefix)
        port = reader.number("service_port") ?? 8888
        address = reader.text("ip") ?? "0.0.0.0"
        ownerStyle = style
        notebookDirectory = reader.text("notebook_dir")
        defaultURL = reader.text("default_url")
        hubServiceName = reader.text("jupyterhub_service_name")
        token = reader.text("token").flatMap { TokenDelivery(rawValue: $0) } ?? .environment
        connect = reader.text("connect").flatMap { ConnectMode(rawValue: $0) } ?? .auto
        uploads = UploadRules(bound)
        homeHook = try HomeHook(bound["home_hook"], isOpen: user == nil)
        cleanupImage = reader.text("cleanup_image")
    }

    static func ownerStyle(_ options: JSONValue) -> OwnerStyle {
        options["service_owner"]?.stringValue.flatMap { OwnerStyle(rawValue: $0) } ?? .name
    }

    /// The names of what is made for the session.
    func names(for plan: SessionPlan) -> ServiceNames {
        ServiceNames(plan.identity, session: plan.id, prefix: prefix, style: ownerStyle)
    }

    /// The volumes that are removed with the session: named ones with the label `autoremove`.
    var volumesToRemove: [String] {
        mounts.compactMap { $0.isRemovedWithSession ? $0.source : nil }
    }

    /// The Docker configs whose ids have to be looked up by their names.
    var configsToFind: [String] { configs.filter { $0.id == nil }.map(\.name) }

    /// The Docker secrets whose ids have to be looked up by their names.
    var secretsToFind: [String] { secrets.filter { $0.id == nil }.map(\.name) }

    /// What the session needs of the pools.
    func needs(for plan: SessionPlan) -> [AcceleratorNeed] {
        accelerators.needs(chosenGPUs: plan.resources.gpu)
    }
}

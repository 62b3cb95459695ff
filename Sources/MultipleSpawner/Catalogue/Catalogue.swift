/// What can be spawned here: the templates, deployments and providers of the files, read and checked.
///
/// A catalogue is a value: a request that began with one ends with it, whatever the files say meanwhile.
public struct Catalogue: Sendable {
    /// In the order in which they are looked at: by priority, then as they are written.
    public let templates: [Template]
    /// What can be launched on each kind of machine.
    public let deployments: [ResourceType: [Deployment]]
    /// In the order of `providers.json`, or as the templates name them.
    public let providers: [ProviderEntry]
    /// What messages call the file of the templates.
    let templatesFile: String
    /// What each template lets its users choose from.
    let menus: Menus
    /// How those of the providers that have machines to give are asked for one, by their names.
    let machineMakers: [String: Registry.ProviderMaker]
    /// Every kind of provider that this build knows.
    let providerMakers: [String: Registry.ProviderMaker]

    init(
        templates: [Template], deployments: [ResourceType: [Deployment]], providers: [ProviderEntry],
        templatesFile: String, lists: UserLists, registry: Registry
    ) {
        // Stable: among equal priorities the file's order stays.
        self.templates = templates.enumerated()
            .sorted { ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset) }
            .map(\.element)
        self.deployments = deployments
        self.providers = providers
        self.templatesFile = templatesFile
        machineMakers = Dictionary(
            providers.compactMap { entry in
                guard registry.givesMachines(entry), let maker = registry.providerMaker(entry.kind) else { return nil }
                return (entry.name, maker)
            }, uniquingKeysWith: { first, _ in first })
        providerMakers = Dictionary(
            registry.providers.map { ($0.kind.rawValue, $0) }, uniquingKeysWith: { first, _ in first })
        menus = Menus(templates: templates, deployments: deployments, lists: lists)
    }

    /// Reads the files. Pure: the bytes come in, the catalogue and what is wrong come out.
    ///
    /// - Parameter strict: whether a placeholder that is not known is an error; else it is a warning.
    public static func read(
        _ sources: CatalogueSources, registry: Registry, strict: Bool = false
    ) -> CatalogueReading {
        var reader = CatalogueReader(registry: registry, strict: strict)
        return reader.read(sources)
    }

    /// The options that the files give a backend: each template's, alone and with each deployment.
    public func options(of kind: BackendKind) -> [JSONValue] {
        var seen: Set<JSONValue> = []
        var all: [JSONValue] = []
        for template in templates where template.backend == kind {
            let extras = (deployments[template.resourceType] ?? []).compactMap { $0.options[kind] }
            for extra in [nil] + extras {
                let options = JSONValue.object(template.options.merged(with: extra))
                if seen.insert(options).inserted { all.append(options) }
            }
        }
        return all
    }

    /// The provider with this name, where it has machines of this kind.
    func provider(_ name: String, having type: ResourceType) -> ProviderEntry? {
        providers.first { $0.name == name && $0.types.contains(type) }
    }
}

/// The files as they were read from the disk. A file that is not there is `nil`.
public struct CatalogueSources: Sendable {
    public struct File: Sendable {
        /// What diagnostics call it.
        public let name: String
        public let bytes: [UInt8]

        public init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }

        public init(name: String, text: String) {
            self.init(name: name, bytes: Array(text.utf8))
        }
    }

    /// Without them there is one template: a process on this machine.
    public var templates: File?
    public var deployments: File?
    /// Without it, the providers are those that the templates name.
    public var providers: File?

    /// Reads a file that an `access` names by this path, as it is written.
    public typealias UserList = @Sendable (_ path: String) throws(SpawnError) -> File

    /// Where the files that list users come from. It is asked once for each.
    public var userList: UserList

    public init(
        templates: File? = nil, deployments: File? = nil, providers: File? = nil,
        userList: @escaping UserList = { path throws(SpawnError) in
            throw SpawnError(.invalidRequest, "the file '\(path.excerpt)' cannot be read here; list the users instead")
        }
    ) {
        self.templates = templates
        self.deployments = deployments
        self.providers = providers
        self.userList = userList
    }

    /// What serves where no templates are given: `make run` works without a file.
    static let builtIn = File(
        name: "built-in templates",
        text: """
            [{
              "name": "local",
              "description": "A process on this machine",
              "resource_type": "bare_metal",
              "providers": ["local"],
              "spawner": {"class": "jupyterhub.spawner.SimpleLocalProcessSpawner"}
            }]
            """)
}

/// What came of reading the files.
public struct CatalogueReading: Sendable {
    /// `nil` when a file has an error: such a version is refused as a whole.
    public let catalogue: Catalogue?
    /// By file, line and column.
    public let diagnostics: [Diagnostic]
    /// The paths of the files that list users, as they are written, those that could not be read included.
    public let userLists: [String]
}

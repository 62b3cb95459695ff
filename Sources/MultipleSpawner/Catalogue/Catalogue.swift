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

    init(
        templates: [Template], deployments: [ResourceType: [Deployment]], providers: [ProviderEntry],
        templatesFile: String
    ) {
        // Stable: among equal priorities the file's order stays.
        self.templates = templates.enumerated()
            .sorted { ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset) }
            .map(\.element)
        self.deployments = deployments
        self.providers = providers
        self.templatesFile = templatesFile
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

    public init(templates: File? = nil, deployments: File? = nil, providers: File? = nil) {
        self.templates = templates
        self.deployments = deployments
        self.providers = providers
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
}

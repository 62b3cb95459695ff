/// Reads the three files and checks them against each other.
struct CatalogueReader {
    let registry: Registry
    let strict: Bool
    private var diagnostics: [Diagnostic] = []

    init(registry: Registry, strict: Bool) {
        self.registry = registry
        self.strict = strict
    }

    mutating func read(_ sources: CatalogueSources) -> CatalogueReading {
        let file = sources.templates ?? CatalogueSources.builtIn
        let templateSource = JSONSource(file: file.name, bytes: file.bytes)
        let deploymentSource = sources.deployments.map { JSONSource(file: $0.name, bytes: $0.bytes) }
        let providerSource = sources.providers.map { JSONSource(file: $0.name, bytes: $0.bytes) }

        let lists = UserListReader(sources.userList)
        var templateReader = TemplateReader(
            source: templateSource, registry: registry, strict: strict, lists: lists)
        var templates = templateReader.read()
        var providerReader = providerSource.map { ProviderReader(source: $0, registry: registry) }
        let providers = providerReader?.read(serving: templates) ?? ProviderReader.derived(from: templates)
        var deploymentReader = deploymentSource.map {
            DeploymentReader(source: $0, registry: registry, templates: templates, strict: strict, lists: lists)
        }
        let deployments = deploymentReader?.read() ?? [:]

        // What a broken list of providers lacks says nothing about the templates.
        let isListed = providerReader.map { $0.remarks.isEmpty && $0.source.remarks.isEmpty } ?? false
        templateReader.check(templates, against: providers, listedIn: isListed ? providerSource?.file : nil)
        templateReader.checkMachines(templates, of: providers)
        templates = templateReader.numbered(templates)
        finish(templateSource, templateReader.remarks)
        if let reader = deploymentReader { finish(reader.source, reader.remarks) }
        if let reader = providerReader { finish(reader.source, reader.remarks) }

        let catalogue =
            diagnostics.hasErrors
            ? nil
            : Catalogue(
                templates: templates, deployments: deployments, providers: providers, templatesFile: file.name,
                lists: lists.lists, registry: registry)
        return CatalogueReading(catalogue: catalogue, diagnostics: diagnostics, userLists: lists.paths)
    }

    private mutating func finish(_ source: JSONSource, _ remarks: [Remark]) {
        diagnostics += source.diagnostics(source.remarks + remarks)
            .sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}

extension JSONSource {
    /// The entries of a file that holds a list; one object stands for a list of one.
    ///
    /// `{}`, `[]` and the text `"{}"`, which the original wrote into files that were not there, are no entries.
    func entries(of what: String, remarks: inout [Remark]) -> [JSONNode] {
        guard let root else { return [] }
        if root.isEmpty || root.string == "{}" { return [] }
        switch root.value {
        case .array(let elements):
            return elements
        case .object:
            return [root]
        case .invalid:
            return []
        default:
            remarks.append(
                Remark(
                    .error, at: root.range.lowerBound, .wrongType,
                    "the file holds \(root.kindName); it must hold \(what)"))
            return []
        }
    }
}

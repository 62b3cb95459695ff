/// Reads `spawner_deployments.json`.
struct DeploymentReader {
    let source: JSONSource
    let registry: Registry
    let strict: Bool
    private(set) var remarks: [Remark] = []
    /// The backends that a kind of machine has, with the providers that lead to each.
    private let backends: [ResourceType: [(entry: Registry.Entry, providers: Set<String>)]]
    /// The kinds of machines of which a template takes placeholders from the user's attributes.
    private let typesWithAttributes: Set<ResourceType>
    private let lists: UserListReader

    init(source: JSONSource, registry: Registry, templates: [Template], strict: Bool, lists: UserListReader) {
        self.source = source
        self.registry = registry
        self.strict = strict
        self.lists = lists
        var backends: [ResourceType: [(entry: Registry.Entry, providers: Set<String>)]] = [:]
        for template in templates {
            let known = backends[template.resourceType]?.firstIndex { $0.entry.kind == template.backend }
            if let known {
                backends[template.resourceType]?[known].providers.formUnion(template.providers)
            } else if let entry = registry.entry(named: template.className) {
                backends[template.resourceType, default: []].append((entry, Set(template.providers)))
            }
        }
        self.backends = backends
        typesWithAttributes = Set(templates.filter { !$0.options.attributeNames.isEmpty }.map(\.resourceType))
    }

    mutating func read() -> [ResourceType: [Deployment]] {
        guard let root = source.root, !root.isEmpty, root.string != "{}" else { return [:] }
        var binder = Binder()
        let bound = binder.bind(root, to: .object(Deployment.fileShape))
        remarks += binder.remarks
        guard bound != nil else { return [:] }
        var deployments: [ResourceType: [Deployment]] = [:]
        for member in root.members ?? [] {
            guard let type = ResourceType(rawValue: member.key), deployments[type] == nil else { continue }
            deployments[type] = (member.value.elements ?? [member.value]).compactMap { read($0, of: type) }
            checkNames(deployments[type] ?? [])
        }
        return deployments
    }

    private mutating func read(_ node: JSONNode, of type: ResourceType) -> Deployment? {
        // The whole file has been held against its shape: what is wrong here has been told.
        var binder = Binder()
        guard let members = node.members, let bound = binder.bind(node, to: .object(Deployment.shape)),
            let name = bound["name"]?.stringValue
        else { return nil }
        let providers = bound["providers"]?.arrayValue?.compactMap(\.stringValue) ?? []
        if name.isEmpty || name.unicodeScalars.contains(where: \.isControl) {
            remarks.append(
                Remark(
                    .error, at: node.range.lowerBound, .emptyName, "a deployment's name is text that can be shown"))
        }
        let rest = JSONNode(
            .object(members.filter { Deployment.shape.field(named: $0.key) == nil }), at: node.range)
        var check = PlaceholderCheck(strict: strict, hasAttributes: hasAttributes(rest, of: type))
        check.look(atOptions: rest)
        remarks += check.remarks
        let access = bound["access"].map(Access.init(bound:)).map {
            lists.resolve($0, in: node["access"], remarks: &remarks)
        }
        return Deployment(
            name: name, resourceType: type, providers: providers, access: access,
            description: bound["description"]?.stringValue, isDefault: bound["default"]?.boolValue ?? false,
            image: rest["image"]?.string,
            options: options(rest, name: name, type: type, providers: Set(providers)), offset: node.range.lowerBound)
    }

    /// The options for each backend that may launch this. It is enough that one understands them: the others are
    /// passed over for this deployment.
    private mutating func options(
        _ node: JSONNode, name: String, type: ResourceType, providers: Set<String>
    ) -> [BackendKind: OptionSet] {
        var options: [BackendKind: OptionSet] = [:]
        var told: [Remark]?
        for backend in backends[type] ?? [] where providers.isEmpty || !providers.isDisjoint(with: backend.providers) {
            let (set, wrong) = OptionSet.bind(
                share(of: backend.entry, in: node, type), to: backend.entry.options, in: source,
                placeholders: hasAttributes(node, of: type) ? .attributes : .known)
            if wrong.isEmpty {
                options[backend.entry.kind] = set
                _ = lists.resolve(backend.entry.menu(of: set.values), in: node, remarks: &remarks)
            } else if told == nil {
                told = wrong
            }
        }
        guard options.isEmpty else { return options }
        if let told {
            remarks += told
        } else {
            remarks.append(
                Remark(
                    .warning, at: node.range.lowerBound, .unusedDeployment,
                    "no template of the type '\(type.rawValue)' launches the deployment '\(name.excerpt)'"))
        }
        return options
    }

    /// What the backend is told. The image of a machine is its provider's, where the backend knows none.
    private func share(of entry: Registry.Entry, in node: JSONNode, _ type: ResourceType) -> JSONNode {
        guard type != .container, let known = entry.options, known.field(named: "image") == nil,
            registry.providers.contains(where: { $0.machineOptions.field(named: "image") != nil }),
            let members = node.members
        else { return node }
        return JSONNode(.object(members.filter { $0.key != "image" }), at: node.range)
    }

    private func hasAttributes(_ node: JSONNode, of type: ResourceType) -> Bool {
        typesWithAttributes.contains(type) || node[OptionSet.attributesKey] != nil
    }

    private mutating func checkNames(_ deployments: [Deployment]) {
        var seen: [String: [Deployment]] = [:]
        for deployment in deployments {
            let overlaps = seen[deployment.name]?.contains { earlier in
                earlier.providers.isEmpty || deployment.providers.isEmpty
                    || !Set(earlier.providers).isDisjoint(with: deployment.providers)
            }
            if overlaps == true {
                remarks.append(
                    Remark(
                        .warning, at: deployment.offset, .duplicateName,
                        "the name '\(deployment.name.excerpt)' is used before; the first that fits is launched"))
            }
            seen[deployment.name, default: []].append(deployment)
        }
    }
}

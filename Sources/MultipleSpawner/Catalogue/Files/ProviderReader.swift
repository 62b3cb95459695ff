/// Reads `providers.json`.
struct ProviderReader {
    let source: JSONSource
    let registry: Registry
    private(set) var remarks: [Remark] = []

    init(source: JSONSource, registry: Registry) {
        self.source = source
        self.registry = registry
    }

    /// The providers; those whose types are not given have what the templates ask of them.
    mutating func read(serving templates: [Template]) -> [ProviderEntry] {
        let entries = source.entries(of: "a list of providers", remarks: &remarks)
        guard !entries.isEmpty || !remarks.isEmpty || !source.remarks.isEmpty else {
            return Self.derived(from: templates)
        }
        let asked = Self.types(askedBy: templates)
        var providers: [ProviderEntry] = []
        var names: Set<String> = []
        for node in entries {
            var binder = Binder()
            let bound = binder.bind(node, to: .object(ProviderEntry.shape))
            remarks += binder.remarks
            guard let bound, let name = bound["name"]?.stringValue else { continue }
            if name.isEmpty {
                remarks.append(Remark(.error, at: node.range.lowerBound, .emptyName, "a provider's name is empty"))
            } else if !names.insert(name).inserted {
                remarks.append(
                    Remark(
                        .error, at: node.range.lowerBound, .duplicateName,
                        "the provider '\(name.excerpt)' is in this file already"))
            }
            let kind = bound["kind"]?.stringValue ?? ProviderEntry.kind(of: name)
            let options = self.options(node["options"], kind: kind, bound: bound["options"])
            let types = bound["types"]?.arrayValue?.compactMap { $0.stringValue.flatMap(ResourceType.init) }
            providers.append(
                ProviderEntry(
                    name: name,
                    displayName: bound["display_name"]?.stringValue ?? ProviderEntry.displayName(of: name),
                    types: types ?? asked[name] ?? [],
                    kind: kind, options: options,
                    capacity: ProviderCapacity(bound: bound["capacity"]),
                    costPerHour: bound["cost_per_hour"]?.doubleValue))
        }
        return providers
    }

    /// The options in the types that this kind declares.
    private mutating func options(_ node: JSONNode?, kind: String, bound: JSONValue?) -> JSONValue {
        guard let node, node.members != nil, let maker = registry.providerMaker(kind) else { return bound ?? [:] }
        let (set, wrong) = OptionSet.bind(node, to: maker.options, in: source, placeholders: .known)
        remarks += wrong
        return .object(set.values)
    }

    /// The providers that the templates name, in their order.
    static func derived(from templates: [Template]) -> [ProviderEntry] {
        let asked = types(askedBy: templates)
        var seen: Set<String> = []
        return templates.flatMap(\.providers).filter { seen.insert($0).inserted }.map { name in
            ProviderEntry(
                name: name, displayName: ProviderEntry.displayName(of: name), types: asked[name] ?? [],
                kind: ProviderEntry.kind(of: name), options: [:], capacity: ProviderCapacity())
        }
    }

    private static func types(askedBy templates: [Template]) -> [String: [ResourceType]] {
        var types: [String: [ResourceType]] = [:]
        for template in templates {
            for name in template.providers where types[name]?.contains(template.resourceType) != true {
                types[name, default: []].append(template.resourceType)
            }
        }
        return types
    }
}

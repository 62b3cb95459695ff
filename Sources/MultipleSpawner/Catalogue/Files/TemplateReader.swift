/// Reads `spawner_templates.json`.
struct TemplateReader {
    let source: JSONSource
    let registry: Registry
    let strict: Bool
    private(set) var remarks: [Remark] = []
    private let shape: Shape
    private let lists: UserListReader

    init(source: JSONSource, registry: Registry, strict: Bool, lists: UserListReader) {
        self.source = source
        self.registry = registry
        self.strict = strict
        self.lists = lists
        shape = .object(Template.shape(for: registry))
    }

    mutating func read() -> [Template] {
        let entries = source.entries(of: "a list of templates", remarks: &remarks)
        if entries.isEmpty, let root = source.root, remarks.isEmpty {
            warn(root.range.lowerBound, .noTemplates, "there is no template in here; nothing can be spawned")
        }
        var templates: [Template] = []
        for (index, node) in entries.enumerated() {
            if let template = read(node, number: index + 1) { templates.append(template) }
        }
        return templates
    }

    private mutating func read(_ node: JSONNode, number: Int) -> Template? {
        let spawner = self.spawner(of: node)
        let hasAttributes = spawner["kwargs"]?[OptionSet.attributesKey].map { !$0.isEmpty && !$0.isNull } ?? false
        var binder = Binder(inOptions: hasAttributes ? .attributes : .known)
        let bound = binder.bind(node, to: shape)
        remarks += binder.remarks
        var check = PlaceholderCheck(strict: strict, hasAttributes: hasAttributes)
        if let options = spawner["kwargs"] { check.look(atOptions: options) }
        for part in [node["authenticator"], node["configurer"], node["configurers"], node["machine"]] {
            if let part { check.look(at: part) }
        }
        remarks += check.remarks

        guard let bound else { return nil }
        let name = self.name(bound, node, number: number)
        let providers = self.providers(bound, node)
        let className = spawner["class"]?.string ?? Template.presetClass
        guard let type = bound["resource_type"]?.stringValue.flatMap(ResourceType.init),
            let entry = entry(className, node)
        else { return nil }
        let options = self.options(of: spawner, entry: entry, bound: bound)
        // What the access of its images names is told here, where it stands.
        let menu = lists.resolve(entry.menu(of: options.values), in: spawner["kwargs"], remarks: &remarks)
        let access = bound["access"].map(Access.init(bound:)).map {
            lists.resolve($0, in: node["access"], remarks: &remarks)
        }
        let authenticator = self.hooks(bound["authenticator"], node["authenticator"]).first
        let configurers = self.hooks(bound["configurer"], node["configurer"] ?? node["configurers"])
        let way = self.authenticator(
            bound["authenticator"], node["authenticator"], placeholders: hasAttributes ? .attributes : .known)
        let preparations = self.preparations(
            bound["configurer"], node["configurer"] ?? node["configurers"],
            placeholders: hasAttributes ? .attributes : .known)
        let lifetime = LifetimeRule(bound: bound["lifetime"])
        if let preset = lifetime.preset, let maximum = lifetime.maximum, preset > maximum {
            fail(
                node["lifetime"]?.range.lowerBound ?? node.range.lowerBound, .outOfRange,
                "the default lifetime of \(preset) minutes is more than the most, \(maximum)")
        }
        return Template(
            name: name, resourceType: type, providers: providers,
            className: className, backend: entry.kind,
            missing: missing(entry, className, authenticator, configurers),
            authenticator: authenticator, configurers: configurers, access: access,
            description: bound["description"]?.stringValue, icon: bound["icon"]?.stringValue,
            limits: HardwareLimits(bound: bound["limits"]), lifetime: lifetime,
            priority: bound["priority"]?.integerValue ?? 0,
            fallback: bound["fallback"]?.arrayValue?.compactMap(\.stringValue) ?? [], origin: source.file,
            options: options, authenticatorEntry: way.entry, authenticatorOptions: way.options,
            preparations: preparations, machinePolicy: MachinePolicy(bound: bound["machine"]),
            machineOptions: machineOptions(node), entry: entry, menu: menu, offset: node.range.lowerBound)
    }

    // MARK: Parts

    /// Where `class` and `kwargs` are: in `spawner`, or in the template itself.
    private mutating func spawner(of node: JSONNode) -> JSONNode {
        guard let nested = node["spawner"], !nested.isNull, !nested.isEmpty else { return node }
        if let flat = node.members?.first(where: { $0.key == "class" || $0.key == "kwargs" }) {
            fail(
                flat.keyRange.lowerBound, .twoForms,
                "'\(flat.key)' stands beside 'spawner'; write it in one place")
        }
        return nested
    }

    private mutating func entry(_ className: String, _ node: JSONNode) -> Registry.Entry? {
        if let entry = registry.entry(named: className) { return entry }
        // A class that is written has been reported by the binder.
        if spawnerNames(node) { return nil }
        fail(
            node.range.lowerBound, .missingKey,
            "the template names no backend, and this build has none of the name '\(className)'; write its 'class'")
        return nil
    }

    private func spawnerNames(_ node: JSONNode) -> Bool {
        node["class"] != nil || node["spawner"]?["class"] != nil
    }

    /// The values were bound with the whole template; only what belongs to them is put beside them here.
    private func options(of spawner: JSONNode, entry: Registry.Entry, bound: JSONValue) -> OptionSet {
        guard let node = spawner["kwargs"], node.members != nil else { return .none }
        let values = (bound["spawner"]?["kwargs"] ?? bound["kwargs"])?.objectValue ?? [:]
        return OptionSet(node: node, shape: entry.options, source: source, values: values)
    }

    private mutating func name(_ bound: JSONValue, _ node: JSONNode, number: Int) -> String {
        guard let name = bound["name"]?.stringValue else {
            warn(node.range.lowerBound, .missingName, "the template has no name; it is called 'template-\(number)'")
            return "template-\(number)"
        }
        if name.isEmpty || name.unicodeScalars.contains(where: \.isControl) {
            fail(valueOffset(of: "name", in: node), .emptyName, "a template's name is text that can be shown")
        }
        return name
    }

    private mutating func providers(_ bound: JSONValue, _ node: JSONNode) -> [String] {
        let names = bound["providers"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let offset = valueOffset(of: node["providers"] == nil ? "provider" : "providers", in: node)
        if names.contains("") {
            fail(offset, .emptyName, "a provider's name is empty")
        } else if names.isEmpty, bound["providers"] != nil {
            fail(offset, .emptyName, "the template names no provider, so nothing leads to it")
        }
        return names
    }

    /// The hooks of a template. `{}` is none; options without a class are a mistake.
    private mutating func hooks(_ bound: JSONValue?, _ node: JSONNode?) -> [Hook] {
        guard let bound, let node else { return [] }
        let nodes = node.elements ?? [node]
        for (value, node) in zip(bound.arrayValue ?? [bound], nodes)
        where value["class"] == nil && !node.isEmpty && node["class"] == nil {
            fail(node.range.lowerBound, .missingKey, "'class' is missing; write {} where nothing is wanted")
        }
        return (bound.arrayValue ?? [bound]).compactMap(Hook.init(bound:))
    }

    private func missing(
        _ entry: Registry.Entry, _ className: String, _ authenticator: Hook?, _ configurers: [Hook]
    ) -> String? {
        if entry.backend == nil {
            return "this build has no backend '\(entry.kind.rawValue)', which '\(className)' asks for"
        }
        let unknown =
            authenticator.flatMap { registry.authenticatorEntry(named: $0.name) == nil ? $0 : nil }
            ?? configurers.first { registry.configurerEntry(named: $0.name) == nil }
        return unknown.map { "this build has no '\($0.name)', which prepares the machine" }
    }

    // MARK: Remarks

    mutating func add(_ remark: Remark) {
        remarks.append(remark)
    }

    private func valueOffset(of key: String, in node: JSONNode) -> Int {
        (node[key] ?? node).range.lowerBound
    }

    private mutating func fail(_ offset: Int, _ rule: Diagnostic.Rule, _ message: String) {
        remarks.append(Remark(.error, at: offset, rule, message))
    }

    private mutating func warn(_ offset: Int, _ rule: Diagnostic.Rule, _ message: String) {
        remarks.append(Remark(.warning, at: offset, rule, message))
    }
}

extension TemplateReader {
    /// The configurers of a template and their options; those that this build knows by name only are left out.
    func preparations(
        _ bound: JSONValue?, _ node: JSONNode?, placeholders policy: Binder.PlaceholderPolicy
    ) -> [(entry: Registry.ConfigurerEntry, options: OptionSet)] {
        guard bound != nil, let node else { return [] }
        return (node.elements ?? [node]).compactMap { node in
            guard let name = node["class"]?.string, let entry = registry.configurerEntry(named: name) else {
                return nil
            }
            let options = node["options"] ?? node["kwargs"] ?? JSONNode(.object([]), at: node.range)
            // What is wrong in there was told with the whole template.
            let (set, _) = OptionSet.bind(options, to: entry.options, in: source, placeholders: policy)
            return (entry, set)
        }
    }

    /// What is asked of the provider, as it is written.
    func machineOptions(_ node: JSONNode) -> OptionSet {
        guard let options = node["machine"]?["options"], options.members != nil else { return .none }
        return OptionSet.bind(options, to: nil, in: source, placeholders: .known).0
    }

    /// What a template asks of its providers' machines is held against what these kinds of providers know.
    mutating func checkMachines(_ templates: [Template], of providers: [ProviderEntry]) {
        for template in templates {
            let entries = providers.filter { template.providers.contains($0.name) && registry.givesMachines($0) }
            let makers = entries.compactMap { registry.providerMaker($0.kind) }
            guard !makers.isEmpty else { continue }
            for key in template.machineOptions.values.keys.sorted()
            where !makers.contains(where: { $0.machineOptions.field(named: key) != nil }) {
                let known = makers.flatMap { $0.machineOptions.fields.map(\.name) }
                add(
                    Remark(
                        .error, at: template.offset, .unknownKey,
                        "the template '\(template.name.excerpt)' asks for '\(key.excerpt)' in 'machine', which its providers "
                            + "do not know" + NearestName.proposal(for: key, among: known.sorted())))
            }
        }
    }
}

extension Template {
    /// Whether an option waits for the address of a machine that a provider gives.
    var waitsForMachine: Bool {
        let placeholders = DeferredPlaceholders(
            Dictionary(uniqueKeysWithValues: SessionPlan.machinePlaceholders.map { ($0, "") }))
        return placeholders.occur(in: backendOptions)
    }
}

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
            if let remark = closedMachine(of: template, from: makers) { add(remark) }
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

extension TemplateReader {
    /// A machine that stays when its session ends, and that the next session has no key for.
    private func closedMachine(of template: Template, from makers: [Registry.ProviderMaker]) -> Remark? {
        let policy = template.machinePolicy
        guard policy.atStop != .destroy || policy.atEnd != .destroy,
            // What is lent has keys of its own, which nobody here made.
            makers.contains(where: { !$0.lendsHosts }), let entry = template.authenticatorEntry,
            !type(of: entry.authenticator).opensAgain(.object(template.authenticatorOptions.values))
        else { return nil }
        let (key, manner) = policy.atStop == .destroy ? ("at_end", policy.atEnd) : ("at_stop", policy.atStop)
        return Remark(
            .warning, at: template.offset, .closedMachine,
            "the template '\(template.name.excerpt)' has '\(manner.rawValue)' for '\(key)' of 'machine', but its authenticator "
                + "makes a new key for each session, which a machine that stays does not know; set 'load_existing'")
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

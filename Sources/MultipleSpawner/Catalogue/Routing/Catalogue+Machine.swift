extension Catalogue {
    /// What the template's configurers are told, with the request's values. What a machine gives a value stays.
    func configurations(
        of template: Template, for request: SessionRequest, isShown: Bool
    ) throws(SpawnError) -> [SessionPlan.Configuration] {
        let placeholders = Placeholders(for: request, attributes: template.options.attributeNames, isShown: isShown)
        var configurations: [SessionPlan.Configuration] = []
        for (entry, options) in template.preparations {
            let filled = try options.filled(by: placeholders)
            for field in entry.options.fields where field.isRequired && filled[field.name] == nil {
                throw SpawnError(
                    .invalidRequest,
                    "\(template.origin): a configurer of the template '\(template.name.excerpt)' lacks the option "
                        + "'\(field.name)'")
            }
            configurations.append(
                SessionPlan.Configuration(
                    kind: entry.kind, options: .object(filled), written: .object(options.values)))
        }
        return configurations
    }

    /// The machine that the provider is asked for; `nil` where it has none to give.
    func machine(
        of template: Template, with match: Router.Match, for request: SessionRequest, isShown: Bool
    ) throws(SpawnError) -> SessionPlan.MachineWish? {
        guard let entry = provider(match.provider, having: template.resourceType),
            let maker = machineMakers[entry.name]
        else {
            guard template.waitsForMachine, !isShown else { return nil }
            throw SpawnError(
                .invalidRequest,
                "\(template.origin): the template '\(template.name.excerpt)' waits for a machine, and the provider "
                    + "'\(match.provider.excerpt)' has none to give; list its hosts, or its cloud, in providers.json")
        }
        let placeholders = Placeholders(for: request, attributes: template.options.attributeNames, isShown: isShown)
        var options = try template.machineOptions.filled(by: placeholders)
        // A deployment's image is the machine's, where the provider knows images.
        if let image = match.deployment?.image { options["image"] = .string(try placeholders.fill(image)) }
        // What only other kinds of providers know is theirs.
        options = options.filter { maker.machineOptions.field(named: $0.key) != nil }
        return SessionPlan.MachineWish(
            options: try maker.machineOptions.bind(.object(options)), policy: template.machinePolicy)
    }
}

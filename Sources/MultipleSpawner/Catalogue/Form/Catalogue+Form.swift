extension Catalogue {
    /// The form of one user.
    ///
    /// - Parameter last: the user options of the last spawn; its values are shown again where they are still on offer.
    public func form(for user: String, groups: Set<String>, last: JSONValue = nil) -> SpawnForm {
        let offered = providers.compactMap { provider -> SpawnForm.Provider? in
            let types = provider.types.compactMap { type -> SpawnForm.MachineType? in
                let templates = templates.filter { $0.resourceType == type }
                    .compactMap { choice(of: $0, from: provider, user: user, groups: groups) }
                return templates.isEmpty
                    ? nil
                    : SpawnForm.MachineType(name: type.rawValue, displayName: type.displayName, templates: templates)
            }
            return types.isEmpty
                ? nil : SpawnForm.Provider(name: provider.name, displayName: provider.displayName, types: types)
        }
        // A choice that can no longer be read is no choice; the form must not fail over it.
        let wish = (try? SpawnWish(last)) ?? SpawnWish()
        return SpawnForm(providers: offered, values: wish.values(among: offered))
    }

    private func choice(
        of template: Template, from provider: ProviderEntry, user: String, groups: Set<String>
    ) -> SpawnForm.Template? {
        guard template.missing == nil, template.providers.contains(provider.name),
            template.access.admits(user: user, groups: groups)
        else { return nil }
        let fitting = (deployments[template.resourceType] ?? []).filter { deployment in
            deployment.serves(provider.name) && deployment.options[template.backend] != nil
        }
        let allowed = fitting.filter { $0.access.admits(user: user, groups: groups) }
        guard fitting.isEmpty || !allowed.isEmpty else { return nil }
        let preset = allowed.firstIndex(where: \.isDefault) ?? 0
        let capacity = provider.capacity.hardware
        return SpawnForm.Template(
            name: template.name, description: template.description, icon: template.icon,
            limits: SpawnForm.Limits(
                memory: [template.limits.memory, capacity.memory].compactMap(\.self).min(),
                cpu: [template.limits.cpu, capacity.cpu].compactMap(\.self).min(),
                gpu: [template.limits.gpu, capacity.gpu].compactMap(\.self).min(),
                lifetime: template.lifetime.preset, longestLifetime: template.lifetime.maximum),
            deployments: allowed.enumerated().map { index, deployment in
                SpawnForm.Deployment(
                    name: deployment.name, description: deployment.description, isDefault: index == preset)
            })
    }

    /// The most sessions that a provider takes at once; `nil`: no bound.
    public func capacity(of provider: String) -> Int? {
        providers.first { $0.name == provider }?.capacity.sessions
    }
}

extension SpawnWish {
    /// What the fields of a form show for this wish, as far as it is on offer.
    fileprivate func values(among providers: [SpawnForm.Provider]) -> [FormField: String] {
        var values: [FormField: String] = [:]
        let chosen = providers.first { $0.name == provider }
        let types = (chosen.map { [$0] } ?? providers).flatMap(\.types)
        let templates = types.filter { resourceType == nil || $0.name == resourceType?.rawValue }
            .flatMap(\.templates)
        let template = templates.first { $0.name == self.template }
        values[.provider] = chosen?.name
        values[.resourceType] = types.first { $0.name == resourceType?.rawValue }?.name
        values[.template] = template?.name
        values[.deployment] =
            (template.map { [$0] } ?? templates).flatMap(\.deployments).first { $0.name == deployment }?.name
        values[.memory] = memory.map(MemorySize.gigabytes)
        values[.cpu] = cpu.map(MemorySize.number)
        values[.gpu] = gpu.map(String.init)
        values[.lifetime] = lifetime.map(String.init)
        return values
    }
}

extension Catalogue {
    /// What this user may ask for in `user_options`, as a JSON Schema.
    public func optionsSchema(for user: String, groups: Set<String>) -> JSONValue {
        let form = form(for: user, groups: groups)
        let types = form.providers.flatMap(\.types)
        let templates = types.flatMap(\.templates)
        var choices = SpawnWish.Choices()
        choices.providers = form.providers.map(\.name).unique
        choices.resourceTypes = types.map(\.name).unique
        choices.templates = templates.map(\.name).unique
        choices.deployments = templates.flatMap(\.deployments).map(\.name).unique
        let images = form.menus.flatMap(\.images)
        let launched = launchedImages(among: choices.deployments ?? [])
        choices.images = (images.map(\.image) + launched).unique
        choices.imageNames = (images.map(\.name) + (launched.isEmpty ? [] : choices.deployments ?? [])).unique
        choices.takesFiles = form.menus.contains { $0.uploads != nil }
        choices.keys = keys(of: Set(choices.templates ?? []))
        choices.mostCPU = templates.mostOfAll(\.limits.cpu)
        choices.mostGPUs = templates.mostOfAll(\.limits.gpu)
        choices.longestLifetime = templates.mostOfAll(\.limits.longestLifetime)
        return JSONSchema.document(
            title: "What may be asked for when a server is started", .object(SpawnWish.shape(choices)))
    }

    /// The images of deployments that are images by themselves.
    private func launchedImages(among names: [String]) -> [String] {
        deployments.values.flatMap(\.self).filter { names.contains($0.name) }.compactMap(\.image).sorted()
    }

    /// The further keys that one of these templates lets users choose.
    private func keys(of names: Set<String>) -> [String] {
        var keys: Set<String> = []
        for template in templates where names.contains(template.name) {
            for deployment in [nil] + (deployments[template.resourceType] ?? []).map(Optional.some) {
                keys.formUnion(menus[template, deployment].menu.keys)
            }
        }
        return SpawnWish.menuKeys.filter(keys.contains)
    }
}

extension [String] {
    /// Without what is in it already, in the same order.
    fileprivate var unique: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}

extension [SpawnForm.Template] {
    /// The most that any of these allows; `nil` when one has no bound.
    fileprivate func mostOfAll<Value: Comparable>(_ limit: (SpawnForm.Template) -> Value?) -> Value? {
        let limits = compactMap(limit)
        return limits.count == count ? limits.max() : nil
    }
}

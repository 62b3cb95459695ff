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
        choices.mostCPU = templates.mostOfAll(\.limits.cpu)
        choices.mostGPUs = templates.mostOfAll(\.limits.gpu)
        choices.longestLifetime = templates.mostOfAll(\.limits.longestLifetime)
        return JSONSchema.document(
            title: "What may be asked for when a server is started", .object(SpawnWish.shape(choices)))
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

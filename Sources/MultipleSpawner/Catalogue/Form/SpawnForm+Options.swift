extension SpawnForm {
    /// Turns the fields of a form that was sent into user options, in the original's spelling.
    ///
    /// A field that was left empty is not asked for. Fields that are not ours are passed over, as in the originals: the
    /// hub adds some of its own.
    ///
    /// - Throws: `invalid_request` that names the field.
    public func options(from fields: [String: [String]]) throws(SpawnError) -> JSONValue {
        var given: [FormField: String] = [:]
        for field in FormField.allCases { given[field] = try Self.value(of: field, in: fields) }

        var inner: [String: JSONValue] = [:]
        for field in [FormField.provider, .resourceType, .template, .deployment] {
            inner[field.rawValue] = given[field].map { .string($0) }
        }
        inner["resource_specification"] = Self.group([.memory, .cpu, .gpu], of: given)
        inner["session_configuration"] = Self.group([.lifetime], of: given)
        let options: JSONValue = ["spawn_options": .object(inner)]
        try check(SpawnWish(options, calling: "the form"))
        return options
    }

    private static func group(_ fields: [FormField], of given: [FormField: String]) -> JSONValue? {
        var members: [String: JSONValue] = [:]
        for field in fields { members[field.rawValue] = given[field].map { .string($0) } }
        return members.isEmpty ? nil : .object(members)
    }

    private static func value(
        of field: FormField, in fields: [String: [String]]
    ) throws(SpawnError) -> String? {
        var values: [String] = []
        for value in fields[field.rawValue] ?? [] {
            let trimmed = String(Substring(value).trimmed)
            if !trimmed.isEmpty, !values.contains(trimmed) { values.append(trimmed) }
        }
        guard values.count <= 1 else {
            throw refusal(field, "is given \(values.count) times; choose one value")
        }
        return values.first
    }

    // MARK: What is on offer

    private struct Offer {
        let provider: Provider
        let type: MachineType
        let template: Template
    }

    /// Holds a wish against what is on offer, field by field: the first that leaves nothing is named.
    private func check(_ wish: SpawnWish) throws(SpawnError) {
        var offers = providers.flatMap { provider in
            provider.types.flatMap { type in
                type.templates.map { Offer(provider: provider, type: type, template: $0) }
            }
        }
        guard !offers.isEmpty else {
            throw SpawnError(.forbidden, "there is nothing that you may start here; ask an admin for access")
        }
        try narrow(&offers, to: wish.provider, .provider) { [$0.provider.name] }
        try narrow(&offers, to: wish.resourceType?.rawValue, .resourceType) { [$0.type.name] }
        try narrow(&offers, to: wish.template, .template) { [$0.template.name] }
        try narrow(&offers, to: wish.deployment, .deployment) { $0.template.deployments.map(\.name) }
        try bound(&offers, wish.memory, .memory, by: \.memory, MemorySize.text)
        try bound(&offers, wish.cpu, .cpu, by: \.cpu, MemorySize.number)
        try bound(&offers, wish.gpu, .gpu, by: \.gpu) { String($0) }
        try bound(&offers, wish.lifetime, .lifetime, by: \.longestLifetime) { String($0) }
    }

    private func narrow(
        _ offers: inout [Offer], to wanted: String?, _ field: FormField, names: (Offer) -> [String]
    ) throws(SpawnError) {
        guard let wanted else { return }
        let left = offers.filter { names($0).contains(wanted) }
        guard left.isEmpty else {
            offers = left
            return
        }
        var offered: [String] = []
        for name in offers.flatMap(names) where !offered.contains(name) { offered.append(name) }
        let proposal = offered.isEmpty ? "there is none to choose" : "choose one of \(NearestName.list(offered))"
        throw Self.refusal(field, "is '\(wanted.excerpt)', which is not offered with the rest; \(proposal)")
    }

    private func bound<Value: Comparable>(
        _ offers: inout [Offer], _ wanted: Value?, _ field: FormField, by limit: KeyPath<Limits, Value?>,
        _ text: (Value) -> String
    ) throws(SpawnError) {
        guard let wanted else { return }
        let left = offers.filter { $0.template.limits[keyPath: limit].map { $0 >= wanted } ?? true }
        guard left.isEmpty else {
            offers = left
            return
        }
        let most = offers.compactMap { $0.template.limits[keyPath: limit] }.max()
        throw Self.refusal(field, "is \(text(wanted)); the most is \(most.map(text) ?? "less")")
    }

    private static func refusal(_ field: FormField, _ reason: String) -> SpawnError {
        SpawnError(.invalidRequest, "the field '\(field.rawValue)' \(reason)")
    }
}

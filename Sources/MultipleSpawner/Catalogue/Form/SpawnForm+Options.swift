extension SpawnForm {
    /// Turns the fields of a form that was sent into user options, in the originals' spelling.
    ///
    /// A field that was left empty is not asked for. Fields that are not ours are passed over, as in the originals: the
    /// hub adds some of its own.
    ///
    /// - Parameter files: what was brought along, by name and size: held to what the choice takes.
    /// - Throws: `invalid_request` that names the field.
    public func options(
        from fields: [String: [String]], files: [(name: String, bytes: Int)] = []
    ) throws(SpawnError) -> JSONValue {
        var given: [FormField: String] = [:]
        // Each menu has a list of images and of machines of its own.
        for field in FormField.allCases where field != .image && field != .machine {
            given[field] = try Self.value(of: field, in: fields)
        }

        var inner: [String: JSONValue] = [:]
        for field in [FormField.provider, .resourceType, .template, .deployment] {
            inner[field.rawValue] = given[field].map { .string($0) }
        }
        inner["resource_specification"] = Self.group([.memory, .cpu, .gpu], of: given)
        inner["session_configuration"] = Self.group([.lifetime], of: given)
        var options: [String: JSONValue] = ["spawn_options": .object(inner)]
        let wish = try SpawnWish(.object(options), calling: "the form")
        let choice = try check(
            wish, images: Self.values(of: .image, in: fields), machines: Self.values(of: .machine, in: fields),
            files: files)
        if let image = choice.image {
            options["user_selected_image"] = .string(image.image)
            options["user_selected_name"] = .string(image.name)
        }
        options["remote_host"] = choice.machine.map { .string($0) }
        return .object(options)
    }

    private static func group(_ fields: [FormField], of given: [FormField: String]) -> JSONValue? {
        var members: [String: JSONValue] = [:]
        for field in fields { members[field.rawValue] = given[field].map { .string($0) } }
        return members.isEmpty ? nil : .object(members)
    }

    private static func value(
        of field: FormField, in fields: [String: [String]]
    ) throws(SpawnError) -> String? {
        let values = values(of: field, in: fields)
        guard values.count <= 1 else {
            throw refusal(field, "is given \(values.count) times; choose one value")
        }
        return values.first
    }

    private static func values(of field: FormField, in fields: [String: [String]]) -> [String] {
        var values: [String] = []
        for value in fields[field.rawValue] ?? [] {
            let trimmed = String(Substring(value).trimmed)
            if !trimmed.isEmpty, !values.contains(trimmed) { values.append(trimmed) }
        }
        return values
    }

    // MARK: What is on offer

    private struct Offer {
        let provider: Provider
        let type: MachineType
        let template: Template
    }

    /// Holds a wish against what is on offer, field by field: the first that leaves nothing is named.
    ///
    /// - Returns: the image and the machine that are chosen; `nil` where none is.
    private func check(
        _ wish: SpawnWish, images: [String], machines: [String], files: [(name: String, bytes: Int)]
    ) throws(SpawnError) -> (image: Image?, machine: String?) {
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
        let menus = offers.flatMap { self.menus(of: $0.template, with: wish.deployment) }
        let image = try chosen(images, among: menus)
        let left = menus.filter { menu in image.map(menu.images.contains) ?? true }
        try takes(files, among: left)
        let offered = left.flatMap(\.machines)
        let machine = machines.first(where: offered.contains)
        if machine == nil, let first = machines.first {
            throw Self.refusal(
                .machine,
                "is '\(first.excerpt)', which is not offered with the rest; "
                    + (offered.isEmpty ? "there is none to choose" : "choose one of \(NearestName.list(offered))"))
        }
        return (image, machine)
    }

    /// The menus that a choice leads to, those of the deployment that is taken when none is named first.
    private func menus(of template: Template, with deployment: String?) -> [Menu] {
        let deployments =
            deployment.map { name in template.deployments.filter { $0.name == name } }
            ?? template.deployments.filter(\.isDefault) + template.deployments.filter { !$0.isDefault }
        return ([template.menu] + deployments.map(\.menu)).compactMap(\.self).map { self.menus[$0] }
    }

    /// A page without scripts sends the lists of all templates: the first value that is on offer here is the choice.
    private func chosen(_ values: [String], among menus: [Menu]) throws(SpawnError) -> Image? {
        let images = menus.flatMap(\.images)
        for value in values {
            let (image, name) = try ImageField.read(value)
            var wish = SpawnWish()
            (wish.image, wish.imageName) = (image, name)
            if let found = images.first(where: wish.isWanted) { return found }
        }
        guard let first = values.first else { return nil }
        let (image, name) = try ImageField.read(first)
        let proposal =
            images.isEmpty
            ? "there is none to choose" : "choose one of \(NearestName.list(images.map(\.name)))"
        throw Self.refusal(
            .image, "is '\((name ?? image ?? "").excerpt)', which is not offered with the rest; \(proposal)")
    }

    private func takes(_ files: [(name: String, bytes: Int)], among menus: [Menu]) throws(SpawnError) {
        guard !files.isEmpty else { return }
        var reason: String?
        for uploads in menus.compactMap(\.uploads) {
            guard let refusal = uploads.refusal(of: files) else { return }
            reason = reason ?? refusal
        }
        throw SpawnError(
            .invalidRequest,
            "the field '\(FormField.upload)': \(reason ?? "what you chose takes no files; leave it empty")")
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

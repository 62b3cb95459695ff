extension Catalogue {
    /// The form of one user.
    ///
    /// - Parameter last: the user options of the last spawn; its values are shown again where they are still on offer.
    public func form(for user: String, groups: Set<String>, last: JSONValue = nil) -> SpawnForm {
        guard let id = SessionID(rawValue: "form"), let identity = try? SessionIdentity(hub: "form", user: user) else {
            return SpawnForm(providers: [], menus: [], values: [:])
        }
        return form(for: SessionRequest(id: id, identity: identity, groups: groups, options: last))
    }

    /// The form of the user who makes a request. The request's options are those of the last spawn.
    ///
    /// - Parameters:
    ///   - rooms: how full the providers are.
    ///   - standings: what the user's quotas leave.
    public func form(
        for request: SessionRequest, rooms: ProviderRooms = .unknown, standings: [QuotaStanding] = []
    ) -> SpawnForm {
        // A choice that can no longer be read is no choice; the form must not fail over it.
        let wish = (try? SpawnWish(request.options)) ?? SpawnWish()
        var writer = FormWriter(router: Router(self, wish: SpawnWish(), for: request), rooms: rooms)
        let providers = providers.compactMap { writer.provider($0) }
        let form = SpawnForm(providers: providers, menus: writer.menus, values: [:])
        return SpawnForm(
            providers: providers, menus: writer.menus, values: wish.values(in: form),
            quotas: standings.map(\.words))
    }

    /// The most sessions that a provider takes at once; `nil`: no bound.
    public func capacity(of provider: String) -> Int? {
        providers.first { $0.name == provider }?.capacity.sessions
    }
}

extension SpawnWish {
    /// What the fields of a form show for this wish, as far as it is on offer.
    fileprivate func values(in form: SpawnForm) -> [FormField: String] {
        var values: [FormField: String] = [:]
        let chosen = form.providers.first { $0.name == provider }
        let types = (chosen.map { [$0] } ?? form.providers).flatMap(\.types)
        let templates = types.filter { resourceType == nil || $0.name == resourceType?.rawValue }
            .flatMap(\.templates)
        let template = templates.first { $0.name == self.template }
        let offered = template.map { [$0] } ?? templates
        values[.provider] = chosen?.name
        values[.resourceType] = types.first { $0.name == resourceType?.rawValue }?.name
        values[.template] = template?.name
        values[.deployment] = offered.flatMap(\.deployments).first { $0.name == deployment }?.name
        if namesImage {
            let menus = offered.flatMap { [$0.menu] + $0.deployments.map(\.menu) }.compactMap(\.self)
            values[.image] = menus.flatMap { form.menus[$0].images }.first(where: isWanted)?.value
        }
        if let machine = keys["remote_host"]?.stringValue {
            let menus = offered.flatMap { [$0.menu] + $0.deployments.map(\.menu) }.compactMap(\.self)
            values[.machine] = menus.flatMap { form.menus[$0].machines }.first { $0 == machine }
        }
        values[.memory] = memory.map(MemorySize.gigabytes)
        values[.cpu] = cpu.map(MemorySize.number)
        values[.gpu] = gpu.map(String.init)
        values[.lifetime] = lifetime.map(String.init)
        return values
    }

    func isWanted(_ image: SpawnForm.Image) -> Bool {
        (self.image == nil || self.image == image.image) && (imageName == nil || imageName == image.name)
    }
}

/// Puts together what one user may choose from.
struct FormWriter {
    let router: Router
    let rooms: ProviderRooms
    /// Every menu once; templates and deployments say which is theirs.
    private(set) var menus: [SpawnForm.Menu] = []

    private var catalogue: Catalogue { router.catalogue }

    init(router: Router, rooms: ProviderRooms = .unknown) {
        self.router = router
        self.rooms = rooms
    }

    /// What the provider has for this user; `nil` where that is nothing.
    mutating func provider(_ provider: ProviderEntry) -> SpawnForm.Provider? {
        var types: [SpawnForm.MachineType] = []
        for type in provider.types {
            var templates: [SpawnForm.Template] = []
            for entry in catalogue.templates where entry.resourceType == type {
                if let entry = template(entry, from: provider) { templates.append(entry) }
            }
            guard !templates.isEmpty else { continue }
            types.append(
                SpawnForm.MachineType(name: type.rawValue, displayName: type.displayName, templates: templates))
        }
        guard !types.isEmpty else { return nil }
        return SpawnForm.Provider(
            name: provider.name, displayName: provider.displayName, types: types,
            room: told(catalogue.room(at: provider, in: rooms)))
    }

    /// A room of which there is something to tell.
    private func told(_ room: Room) -> Room? { room.words.isEmpty ? nil : room }

    private mutating func template(_ template: Template, from provider: ProviderEntry) -> SpawnForm.Template? {
        guard template.missing == nil, template.providers.contains(provider.name),
            template.access.admits(user: router.user, groups: router.groups)
        else { return nil }
        let fitting = (catalogue.deployments[template.resourceType] ?? []).filter { deployment in
            deployment.serves(provider.name) && deployment.options[template.backend] != nil
        }
        let allowed = fitting.filter { deployment in
            deployment.access.admits(user: router.user, groups: router.groups) && has(template, with: deployment)
        }
        guard fitting.isEmpty ? has(template, with: nil) : !allowed.isEmpty else { return nil }
        let preset = allowed.firstIndex(where: \.isDefault) ?? 0
        let capacity = provider.capacity.hardware
        var deployments: [SpawnForm.Deployment] = []
        for (index, deployment) in allowed.enumerated() {
            deployments.append(
                SpawnForm.Deployment(
                    name: deployment.name, description: deployment.description, isDefault: index == preset,
                    menu: menu(of: template, with: deployment)))
        }
        return SpawnForm.Template(
            name: template.name, description: template.description, icon: template.icon,
            limits: SpawnForm.Limits(
                memory: [template.limits.memory, capacity.memory].compactMap(\.self).min(),
                cpu: [template.limits.cpu, capacity.cpu].compactMap(\.self).min(),
                gpu: [template.limits.gpu, capacity.gpu].compactMap(\.self).min(),
                lifetime: template.lifetime.preset, longestLifetime: template.lifetime.maximum),
            room: told(catalogue.room(of: template, at: provider, in: rooms)),
            menu: deployments.isEmpty ? menu(of: template, with: nil) : nil, deployments: deployments)
    }

    /// Whether there is an image for this user, where images are what is launched.
    private func has(_ template: Template, with deployment: Deployment?) -> Bool {
        router.menu(of: template, with: deployment).images.isEmpty
            || !router.images(of: template, with: deployment).isEmpty
    }

    private mutating func menu(of template: Template, with deployment: Deployment?) -> Int? {
        let offered = router.menu(of: template, with: deployment)
        let images = router.images(of: template, with: deployment).map { image in
            SpawnForm.Image(name: image.name, image: image.image, description: image.description)
        }
        guard !images.isEmpty || !offered.machines.isEmpty || offered.uploads != nil else { return nil }
        let menu = SpawnForm.Menu(
            images: images, machines: offered.machines, uploads: offered.uploads, page: offered.page)
        if let known = menus.firstIndex(of: menu) { return known }
        menus.append(menu)
        return menus.count - 1
    }
}

extension Router {
    /// What is launched: a deployment, an image of the list, both, or neither where the template says it all.
    struct Launch: Sendable {
        var deployment: Deployment?
        var image: Menu.Image?
    }

    enum LaunchChoice {
        case success(Launch)
        case failure(RefusalReason)
    }

    /// The deployment and the image that fit the wish, as far as this user may have them: what is forbidden is as if it
    /// were not there.
    func choose(for template: Template, from provider: String) -> LaunchChoice {
        let all = catalogue.deployments[template.resourceType] ?? []
        if let name = wish.deployment {
            switch named(name, among: all, for: template, from: provider) {
            case .success(let launch): return image(of: template, with: launch.deployment)
            case .failure(let reason): return .failure(reason)
            }
        }
        let fitting = all.filter { $0.serves(provider) && $0.options[template.backend] != nil }
        let allowed = fitting.filter { $0.access.admits(user: user, groups: groups) }
        guard let preset = allowed.first(where: \.isDefault) ?? allowed.first else {
            return fitting.isEmpty ? image(of: template, with: nil) : .failure(.noDeploymentForUser)
        }
        let usual = image(of: template, with: preset)
        guard wish.namesImage, case .failure = usual else { return usual }
        // The image may be that of another deployment, or of the template's own list.
        for deployment in allowed.map(Optional.some) + [nil] {
            if case .success(let launch) = image(of: template, with: deployment) { return .success(launch) }
        }
        return usual
    }

    /// A deployment that the user may not use is one that is not there.
    private func named(
        _ name: String, among all: [Deployment], for template: Template, from provider: String
    ) -> LaunchChoice {
        let named = all.filter { $0.name == name && $0.access.admits(user: user, groups: groups) }
        guard !named.isEmpty else { return .failure(.noSuchDeployment(name)) }
        let served = named.filter { $0.serves(provider) }
        guard !served.isEmpty else { return .failure(.deploymentElsewhere(name, provider: provider)) }
        guard let fitting = served.first(where: { $0.options[template.backend] != nil }) else {
            return .failure(.deploymentMisfit(name))
        }
        return .success(Launch(deployment: fitting))
    }

    // MARK: Images

    /// The image that is started: the one that is asked for, else the first that the user may have.
    private func image(of template: Template, with deployment: Deployment?) -> LaunchChoice {
        let menu = menu(of: template, with: deployment)
        let allowed = allowed(menu.images)
        guard wish.namesImage else {
            guard menu.images.isEmpty || !allowed.isEmpty else { return .failure(.noImageForUser) }
            return .success(Launch(deployment: deployment, image: allowed.first))
        }
        if let wanted = allowed.first(where: isWanted) {
            return .success(Launch(deployment: deployment, image: wanted))
        }
        if let deployment, isWanted(deployment), menu.images.isEmpty || !allowed.isEmpty {
            return .success(Launch(deployment: deployment, image: allowed.first))
        }
        if let missing = template.missing, template.entry.backend == nil { return .failure(.unknownImages(missing)) }
        return .failure(
            .noSuchImage(wish.image ?? wish.imageName ?? "", among: allowed.count + (deployment?.image == nil ? 0 : 1)))
    }

    /// By image and name, as SwarmSpawner compares them; by either, where only that is given.
    private func isWanted(_ image: Menu.Image) -> Bool {
        (wish.image == nil || wish.image == image.image) && (wish.imageName == nil || wish.imageName == image.name)
    }

    /// A deployment may be an image by itself, with its own name.
    private func isWanted(_ deployment: Deployment) -> Bool {
        if let image = wish.image { return deployment.image == image }
        return deployment.name == wish.imageName
    }

    /// The images of a template that this user may have.
    func images(of template: Template, with deployment: Deployment?) -> [Menu.Image] {
        allowed(menu(of: template, with: deployment).images)
    }

    private func allowed(_ images: [Menu.Image]) -> [Menu.Image] {
        images.filter { $0.access.admits(user: user, groups: groups) }
    }

    // MARK: The menu

    func menu(of template: Template, with deployment: Deployment?) -> Menu {
        let entry = catalogue.menus[template, deployment]
        guard entry.dependsOnRequest,
            // What cannot be filled in is told by the plan.
            let filled = try? catalogue.options(of: template, with: deployment, for: request, isShown: true)
        else { return entry.menu }
        return catalogue.menus.menu(of: filled, template)
    }

    /// What the user asks of the backend that the menu does not have.
    func misfit(with menu: Menu, of template: Template) -> RefusalReason? {
        guard template.entry.backend != nil else { return nil }
        if let key = wish.keys.keys.sorted().first(where: { !menu.keys.contains($0) }) { return .keyNotOffered(key) }
        guard !wish.uploads.isEmpty else { return nil }
        guard let uploads = menu.uploads else { return .noUploads }
        return uploads.refusal(of: wish.uploads.map { ($0.name, $0.size(in: request.files)) })
            .map(RefusalReason.uploadMisfit)
    }
}

extension SpawnWish.Upload {
    /// In bytes; nothing where the content is not there, which the plan tells.
    fileprivate func size(in kept: [String: [UInt8]]) -> Int {
        data?.utf8.count ?? reference.flatMap { kept[$0]?.count } ?? 0
    }
}

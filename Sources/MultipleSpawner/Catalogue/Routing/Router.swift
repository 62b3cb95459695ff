/// Matches one request against the catalogue. Pure, and quick: it stands in the way of every start.
struct Router {
    let catalogue: Catalogue
    let wish: SpawnWish
    let user: String
    let groups: Set<String>
    let settings: ServerSettings

    enum Verdict: Sendable {
        case fits(Match)
        case passedOver(RefusalReason)
    }

    /// A template that fits, with what goes with it.
    struct Match: Sendable {
        let template: Template
        let provider: String
        let deployment: Deployment?
    }

    init(_ catalogue: Catalogue, wish: SpawnWish, for request: SessionRequest) {
        self.init(
            catalogue, wish: wish, user: request.identity.user, groups: request.groups, settings: request.settings)
    }

    init(_ catalogue: Catalogue, wish: SpawnWish, user: String, groups: Set<String>, settings: ServerSettings) {
        self.catalogue = catalogue
        self.wish = wish
        self.user = user
        self.groups = groups
        self.settings = settings
    }

    /// The first template that fits.
    func route() throws(SpawnError) -> Match {
        for template in catalogue.templates {
            if case .fits(let match) = judge(template) { return match }
        }
        throw refusal()
    }

    func judge(_ template: Template) -> Verdict {
        guard template.access.admits(user: user, groups: groups) else { return .passedOver(.hidden) }
        guard wish.template == nil || wish.template == template.name else { return .passedOver(.otherName) }
        guard wish.resourceType == nil || wish.resourceType == template.resourceType else {
            return .passedOver(.otherType)
        }
        var nearest = RefusalReason.otherProvider
        for provider in template.providers where wish.provider == nil || wish.provider == provider {
            switch judge(template, from: provider) {
            case .fits(let match): return .fits(match)
            case .passedOver(let reason): if reason.nearness > nearest.nearness { nearest = reason }
            }
        }
        return .passedOver(nearest)
    }

    private func judge(_ template: Template, from provider: String) -> Verdict {
        guard let entry = catalogue.provider(provider, having: template.resourceType) else {
            return .passedOver(.unlistedProvider(provider))
        }
        let deployment: Deployment?
        switch choose(for: template, from: provider) {
        case .success(let chosen): deployment = chosen
        case .failure(let reason): return .passedOver(reason)
        }
        if wish.hasUploads, template.missing == nil { return .passedOver(.noUploads) }
        if let reason = excess(over: template, of: entry) { return .passedOver(reason) }
        if let missing = template.missing { return .passedOver(.missing(missing)) }
        return .fits(Match(template: template, provider: provider, deployment: deployment))
    }

    // MARK: Limits

    /// The most memory that this request may ask of the template: its own limit, else the hub's.
    private func excess(over template: Template, of provider: ProviderEntry) -> RefusalReason? {
        let capacity = provider.capacity.hardware
        if let wanted = wish.memory, let most = least(template.limits.memory ?? settings.memoryLimit, capacity.memory),
            wanted > most
        {
            return .tooMuchMemory(wanted: wanted, most: most)
        }
        if let wanted = wish.cpu, let most = least(template.limits.cpu ?? settings.cpuLimit, capacity.cpu),
            wanted > most
        {
            return .tooMuchCPU(wanted: wanted, most: most)
        }
        if let wanted = wish.gpu, let most = least(template.limits.gpu, capacity.gpu), wanted > most {
            return .tooManyGPUs(wanted: wanted, most: most)
        }
        if let wanted = wish.lifetime, let most = template.lifetime.most(hub: settings.lifetime), wanted > most {
            return .tooLong(wanted: wanted, most: most)
        }
        return nil
    }

    private func least<Value: Comparable>(_ first: Value?, _ second: Value?) -> Value? {
        guard let first, let second else { return first ?? second }
        return min(first, second)
    }

    // MARK: Deployments

    private enum Choice {
        case success(Deployment?)
        case failure(RefusalReason)
    }

    private func choose(for template: Template, from provider: String) -> Choice {
        let all = catalogue.deployments[template.resourceType] ?? []
        if let name = wish.deployment {
            return choose(name, among: all, for: template, from: provider)
        }
        let fitting = all.filter { $0.serves(provider) && $0.options[template.backend] != nil }
        let allowed = fitting.filter { $0.access.admits(user: user, groups: groups) }
        if wish.image != nil || wish.imageName != nil {
            if let found = allowed.first(where: isWanted) { return .success(found) }
            if template.offers(image: wish.image, named: wish.imageName) { return .success(nil) }
            return .failure(.noSuchImage(wish.image ?? wish.imageName ?? ""))
        }
        if fitting.isEmpty { return .success(nil) }
        guard let chosen = allowed.first(where: \.isDefault) ?? allowed.first else {
            return .failure(.noDeploymentForUser)
        }
        return .success(chosen)
    }

    /// A deployment that the user may not use is one that is not there.
    private func choose(
        _ name: String, among all: [Deployment], for template: Template, from provider: String
    ) -> Choice {
        let named = all.filter { $0.name == name && $0.access.admits(user: user, groups: groups) }
        guard !named.isEmpty else { return .failure(.noSuchDeployment(name)) }
        let served = named.filter { $0.serves(provider) }
        guard !served.isEmpty else { return .failure(.deploymentElsewhere(name, provider: provider)) }
        guard let fitting = served.first(where: { $0.options[template.backend] != nil }) else {
            return .failure(.deploymentMisfit(name))
        }
        if wish.image != nil || wish.imageName != nil, !isWanted(fitting),
            !template.offers(image: wish.image, named: wish.imageName)
        {
            return .failure(.noSuchImage(wish.image ?? wish.imageName ?? ""))
        }
        return .success(fitting)
    }

    private func isWanted(_ deployment: Deployment) -> Bool {
        if let image = wish.image { return deployment.image == image }
        return deployment.name == wish.imageName
    }
}

extension Template {
    /// Whether the template's own list of images has this one: by image and name, as SwarmSpawner compares them.
    fileprivate func offers(image: String?, named name: String?) -> Bool {
        let images = (options.values["images"] ?? options.values["dockerimages"])?.arrayValue ?? []
        return images.contains { entry in
            (image == nil || entry["image"]?.stringValue == image)
                && (name == nil || entry["name"]?.stringValue == name)
        }
    }
}

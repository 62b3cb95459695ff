/// Matches one request against the catalogue. Pure, and quick: it stands in the way of every start.
struct Router {
    let catalogue: Catalogue
    let wish: SpawnWish
    let request: SessionRequest

    enum Verdict: Sendable {
        case fits(Match)
        case passedOver(RefusalReason)
    }

    /// A template that fits, with what goes with it.
    struct Match: Sendable {
        let template: Template
        let provider: String
        let deployment: Deployment?
        /// The entry of the list of images; `nil` where there is no list.
        let image: Menu.Image?
    }

    init(_ catalogue: Catalogue, wish: SpawnWish, for request: SessionRequest) {
        self.catalogue = catalogue
        self.wish = wish
        self.request = request
    }

    var user: String { request.identity.user }
    var groups: Set<String> { request.groups }
    private var settings: ServerSettings { request.settings }

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
        let launch: Launch
        switch choose(for: template, from: provider) {
        case .success(let chosen): launch = chosen
        case .failure(let reason): return .passedOver(reason)
        }
        if let reason = misfit(with: menu(of: template, with: launch.deployment), of: template) {
            return .passedOver(reason)
        }
        if let reason = excess(over: template, of: entry) { return .passedOver(reason) }
        if let missing = template.missing { return .passedOver(.missing(missing)) }
        return .fits(
            Match(template: template, provider: provider, deployment: launch.deployment, image: launch.image))
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
}

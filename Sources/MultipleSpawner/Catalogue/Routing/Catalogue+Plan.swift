extension Catalogue {
    /// What will be done for a request: the template and deployment that fit, with every value filled in.
    ///
    /// - Throws: `invalid_request` with the reason and what this user could have; `forbidden` when nothing is for this
    ///   user; `unsupported` when the choice leads to something that this build does not have.
    public func plan(for request: SessionRequest) throws(SpawnError) -> SessionPlan {
        let wish = try SpawnWish(request.options)
        let match = try Router(self, wish: wish, for: request).route()
        return try plan(for: request, wish: wish, match: match)
    }

    func plan(
        for request: SessionRequest, wish: SpawnWish, match: Router.Match
    ) throws(SpawnError) -> SessionPlan {
        let template = match.template
        let limits = SessionPlan.Limits(
            memory: wish.memory ?? template.limits.memory ?? request.settings.memoryLimit,
            cpu: wish.cpu ?? template.limits.cpu ?? request.settings.cpuLimit)
        return SessionPlan(
            id: request.id, identity: request.identity, template: template.name, deployment: match.deployment?.name,
            provider: match.provider, resourceType: template.resourceType,
            resources: resources(wish, within: limits), limits: limits,
            lifetime: template.lifetime.lifetime(wanted: wish.lifetime, hub: request.settings.lifetime),
            backend: template.backend, options: .object(try options(match, for: request)),
            environment: request.environment, command: request.command, settings: request.settings,
            startTimeout: request.startTimeout)
    }

    /// What is asked of the place: what the user chose, else the original's defaults, within the limits.
    private func resources(_ wish: SpawnWish, within limits: SessionPlan.Limits) -> ResourceSpecification {
        let preset = ResourceSpecification()
        return ResourceSpecification(
            memory: wish.memory ?? min(preset.memory, limits.memory ?? preset.memory),
            cpu: wish.cpu ?? min(preset.cpu, limits.cpu ?? preset.cpu),
            gpu: wish.gpu ?? preset.gpu)
    }

    /// The template's options, and over them the deployment's.
    private func options(
        _ match: Router.Match, for request: SessionRequest
    ) throws(SpawnError) -> [String: JSONValue] {
        let placeholders = Placeholders(for: request)
        var options = try match.template.options.filled(by: placeholders)
        if let extra = match.deployment?.options[match.template.backend] {
            options.merge(try extra.filled(by: placeholders)) { _, deployment in deployment }
        }
        for field in match.template.shape?.fields ?? [] where field.isRequired && options[field.name] == nil {
            throw SpawnError(
                .invalidRequest,
                "\(match.template.origin): the template '\(match.template.name.excerpt)' lacks the option "
                    + "'\(field.name)', and so does what it launches")
        }
        return options
    }
}

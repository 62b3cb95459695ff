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

    /// - Parameter isShown: whether the plan is for people, and not to be carried out: what the hub knows of the user
    ///   is not filled in.
    func plan(
        for request: SessionRequest, wish: SpawnWish, match: Router.Match, isShown: Bool = false
    ) throws(SpawnError) -> SessionPlan {
        let template = match.template
        let limits = SessionPlan.Limits(
            memory: wish.memory ?? template.limits.memory ?? request.settings.memoryLimit,
            cpu: wish.cpu ?? template.limits.cpu ?? request.settings.cpuLimit)
        let filled = try options(of: template, with: match.deployment, for: request, isShown: isShown)
        try requireAll(filled, of: template)
        let files = try wish.files(from: request.files)
        let choice = Choice(image: match.image, files: files, options: wish.keys)
        let most = HardwareLimits(
            memory: template.limits.memory ?? request.settings.memoryLimit,
            cpu: template.limits.cpu ?? request.settings.cpuLimit, gpu: template.limits.gpu)
        return SessionPlan(
            id: request.id, identity: request.identity, template: template.name, deployment: match.deployment?.name,
            provider: match.provider, resourceType: template.resourceType,
            resources: resources(wish, within: limits),
            costPerHour: providers.first { $0.name == match.provider }?.costPerHour, limits: limits,
            lifetime: template.lifetime.lifetime(wanted: wish.lifetime, hub: request.settings.lifetime),
            backend: template.backend, options: try template.entry.settle(filled, with: choice, within: most),
            authenticator: try access(through: template, for: request, isShown: isShown),
            configurers: try configurations(of: template, for: request, isShown: isShown),
            machine: try machine(of: template, with: match, for: request, isShown: isShown), files: files,
            environment: request.environment, command: request.command, settings: request.settings,
            certificates: request.certificates, startTimeout: request.startTimeout)
    }

    /// What is asked of the place: what the user chose, else the original's defaults, within the limits.
    private func resources(_ wish: SpawnWish, within limits: SessionPlan.Limits) -> ResourceSpecification {
        let preset = ResourceSpecification()
        return ResourceSpecification(
            memory: wish.memory ?? min(preset.memory, limits.memory ?? preset.memory),
            cpu: wish.cpu ?? min(preset.cpu, limits.cpu ?? preset.cpu),
            gpu: wish.gpu ?? preset.gpu)
    }

    /// The template's options, and over them the deployment's, with the request's values.
    func options(
        of template: Template, with deployment: Deployment?, for request: SessionRequest, isShown: Bool
    ) throws(SpawnError) -> [String: JSONValue] {
        let extra = deployment?.options[template.backend]
        let names = extra?.attributeNames ?? []
        let placeholders = Placeholders(
            for: request, attributes: names.isEmpty ? template.options.attributeNames : names, isShown: isShown)
        var options = try template.options.filled(by: placeholders)
        if let extra {
            options.merge(try extra.filled(by: placeholders)) { _, deployment in deployment }
        }
        return options
    }

    /// What the template's authenticator is told, with the request's values.
    private func access(
        through template: Template, for request: SessionRequest, isShown: Bool
    ) throws(SpawnError) -> SessionPlan.Access? {
        guard let entry = template.authenticatorEntry else { return nil }
        let placeholders = Placeholders(
            for: request, attributes: template.options.attributeNames, isShown: isShown)
        let options = try template.authenticatorOptions.filled(by: placeholders)
        for field in entry.options.fields where field.isRequired && options[field.name] == nil {
            throw SpawnError(
                .invalidRequest,
                "\(template.origin): the authenticator of the template '\(template.name.excerpt)' lacks the option "
                    + "'\(field.name)'")
        }
        for (name, value) in options where !isShown && value == template.authenticatorOptions.values[name] {
            try requireKnown(value, for: name, of: template)
        }
        return SessionPlan.Access(kind: entry.kind, options: .object(options))
    }

    /// Nobody logs in with the name of what was to be filled in.
    private func requireKnown(_ value: JSONValue, for name: String, of template: Template) throws(SpawnError) {
        guard let text = value.stringValue, case .placeholder(let attribute)? = PlaceholderText(text).parts.first,
            PlaceholderText(text).parts.count == 1, PlaceholderName(attribute) == .unknown,
            !template.options.attributeNames.isEmpty
        else { return }
        throw SpawnError(
            .invalidRequest,
            "the hub does not know '\(attribute.excerpt)' of this user, which '\(name)' of the template "
                + "'\(template.name.excerpt)' needs; log in to the hub anew")
    }

    private func requireAll(_ options: [String: JSONValue], of template: Template) throws(SpawnError) {
        for field in template.entry.options?.fields ?? [] where field.isRequired && options[field.name] == nil {
            throw SpawnError(
                .invalidRequest,
                "\(template.origin): the template '\(template.name.excerpt)' lacks the option '\(field.name)', "
                    + "and so does what it launches")
        }
    }
}

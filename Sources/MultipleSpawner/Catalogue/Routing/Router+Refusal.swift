extension Router {
    /// Why nothing fits, in words for the user: only what this user may see is named.
    func refusal() -> SpawnError {
        var judged: [(template: Template, reason: RefusalReason)] = []
        for template in catalogue.templates {
            if case .passedOver(let reason) = judge(template), reason != .hidden { judged.append((template, reason)) }
        }
        // The nearest reason is the message; a catalogue may have thousands of others.
        let details = judged.prefix(20).map { "\($0.template.name.excerpt): \($0.reason.text(for: $0.template))" }
        guard
            let nearest = judged.max(by: { first, second in
                (first.reason.nearness, first.reason.most) < (second.reason.nearness, second.reason.most)
            })
        else {
            return catalogue.templates.isEmpty
                ? SpawnError(
                    .notFound, "there is no template in \(catalogue.templatesFile); nothing can be spawned")
                : SpawnError(
                    .forbidden, "user '\(user.excerpt)' may use none of the templates; ask an admin for access")
        }
        let visible = judged.map(\.template)
        let name = nearest.template.name.excerpt
        switch nearest.reason {
        case .hidden, .otherName:
            let names = visible.map(\.name)
            return invalid(
                "there is no template '\((wish.template ?? "").excerpt)'"
                    + NearestName.proposal(for: wish.template ?? "", among: names), details)
        case .otherType, .otherProvider, .unlistedProvider:
            return invalid(noMatch(among: visible), details)
        case .noSuchDeployment(let wanted):
            let offered = deployments(for: nearest.template)
            let proposal =
                offered.isEmpty ? "; there is none to choose" : NearestName.proposal(for: wanted, among: offered)
            return invalid(
                "there is no deployment '\(wanted.excerpt)' of the type '\(nearest.template.resourceType.rawValue)'"
                    + proposal, details)
        case .missing(let what), .unknownImages(let what):
            return SpawnError(.unsupported, "the template '\(name)' cannot be used: \(what)", details: details)
        case .noDeploymentForUser:
            return SpawnError(
                .forbidden, "user '\(user.excerpt)' may use none of the deployments of the template '\(name)'",
                details: details)
        case .noImageForUser:
            return SpawnError(
                .forbidden,
                "user '\(user.excerpt)' may use none of the images of the template '\(name)'; ask an admin for access",
                details: details)
        case .noSuchImage(let wanted, _):
            let offered = images(of: nearest.template)
            let proposal =
                offered.isEmpty ? "; it has none to choose" : NearestName.proposal(for: wanted, among: offered)
            return invalid(
                "the template '\(name)' does not fit: it does not offer the image '\(wanted.excerpt)'\(proposal)",
                details)
        default:
            return invalid(
                "the template '\(name)' does not fit: \(nearest.reason.text(for: nearest.template))", details)
        }
    }

    private func invalid(_ message: String, _ details: [String]) -> SpawnError {
        SpawnError(.invalidRequest, message, details: details)
    }

    /// `no template for provider 'ku' and resource type 'container'; spawner_templates.json offers …`
    private func noMatch(among visible: [Template]) -> String {
        var wanted: [String] = []
        if let template = wish.template { wanted.append("the name '\(template.excerpt)'") }
        if let provider = wish.provider { wanted.append("provider '\(provider.excerpt)'") }
        if let type = wish.resourceType { wanted.append("resource type '\(type.rawValue)'") }
        var pairs: [String] = []
        for template in visible {
            for provider in template.providers
            where catalogue.provider(provider, having: template.resourceType) != nil {
                let pair = "'\(provider.excerpt)' with '\(template.resourceType.rawValue)'"
                if !pairs.contains(pair), pairs.count < 12 { pairs.append(pair) }
            }
        }
        let what =
            wanted.isEmpty ? "no template can be reached" : "no template for \(wanted.joined(separator: " and "))"
        let offers = pairs.isEmpty ? "nothing that providers.json lists" : pairs.joined(separator: ", ")
        return "\(what); \(catalogue.templatesFile) offers \(offers)"
    }

    /// The images that this user may have of the template, by the names that a wish may give.
    private func images(of template: Template) -> [String] {
        let deployments: [Deployment?] = [nil] + allowedDeployments(for: template)
        var names: [String] = []
        for deployment in deployments {
            for image in images(of: template, with: deployment) {
                let name = wish.image == nil ? image.name : image.image
                if !names.contains(name) { names.append(name) }
            }
            if let image = deployment?.image, !names.contains(image) { names.append(image) }
        }
        return names
    }

    /// The names of what this user may launch on such a machine.
    private func deployments(for template: Template) -> [String] {
        allowedDeployments(for: template).map(\.name)
    }

    private func allowedDeployments(for template: Template) -> [Deployment] {
        (catalogue.deployments[template.resourceType] ?? [])
            .filter { $0.access.admits(user: user, groups: groups) && $0.options[template.backend] != nil }
    }
}

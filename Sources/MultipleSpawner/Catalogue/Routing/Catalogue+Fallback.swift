extension Catalogue {
    /// The plans for a request: the one that fits, then the same template at its other providers, then the templates that
    /// it names as a fallback. The first that can be carried out is.
    ///
    /// The rest of the wish stays: what does not fit it is left out.
    ///
    /// - Throws: as `plan(for:)`, where not even one fits.
    public func plans(for request: SessionRequest) throws(SpawnError) -> [SessionPlan] {
        let plan = try plan(for: request)
        return [plan] + fallbacks(of: plan, for: request)
    }

    /// What may be tried when a plan cannot be carried out where it is.
    func fallbacks(of plan: SessionPlan, for request: SessionRequest) -> [SessionPlan] {
        guard let template = templates.first(where: { $0.name == plan.template }),
            let wish = try? SpawnWish(request.options)
        else { return [] }
        let elsewhere = wish.provider == nil ? template.providers.filter { $0 != plan.provider } : []
        return elsewhere.compactMap { self.plan(of: template.name, from: $0, wish, request) }
            + template.fallback.compactMap { self.plan(of: $0, from: wish.provider, wish, request) }
    }

    private func plan(
        of template: String, from provider: String?, _ wish: SpawnWish, _ request: SessionRequest
    ) -> SessionPlan? {
        var wish = wish
        wish.template = template
        wish.provider = provider
        guard let match = try? Router(self, wish: wish, for: request).route() else { return nil }
        return try? plan(for: request, wish: wish, match: match)
    }
}

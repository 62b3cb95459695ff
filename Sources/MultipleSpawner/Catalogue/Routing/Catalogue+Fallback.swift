extension Catalogue {
    /// What may be tried when a plan cannot be served for want of room: the templates that its own names, in its order.
    ///
    /// The rest of the wish stays: a fallback that does not fit it is left out.
    public func fallbacks(of plan: SessionPlan, for request: SessionRequest) -> [SessionPlan] {
        guard let template = templates.first(where: { $0.name == plan.template }),
            var wish = try? SpawnWish(request.options)
        else { return [] }
        return template.fallback.compactMap { name in
            wish.template = name
            guard let match = try? Router(self, wish: wish, for: request).route() else { return nil }
            return try? self.plan(for: request, wish: wish, match: match)
        }
    }
}

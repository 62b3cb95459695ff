extension Catalogue {
    /// How a request would be matched. Starts nothing, and does not throw: a refusal is part of the answer.
    ///
    /// - Parameter showingHidden: whether templates are listed that the user may not see. For admins only.
    public func decide(for request: SessionRequest, showingHidden: Bool = false) -> RoutingDecision {
        let wish: SpawnWish
        do {
            wish = try SpawnWish(request.options)
        } catch {
            return RoutingDecision(candidates: [], error: error)
        }
        let router = Router(self, wish: wish, for: request)
        var taken: Router.Match?
        var candidates: [RoutingDecision.Candidate] = []
        for template in templates {
            switch router.judge(template) {
            case .fits(let match):
                candidates.append(
                    RoutingDecision.Candidate(
                        template: template.name, taken: taken == nil,
                        reason: taken == nil ? "it is the first that fits" : "it fits too, but comes later"))
                taken = taken ?? match
            case .passedOver(.hidden) where !showingHidden:
                continue
            case .passedOver(let reason):
                candidates.append(
                    RoutingDecision.Candidate(
                        template: template.name, taken: false, reason: reason.text(for: template)))
            }
        }
        guard let taken else { return RoutingDecision(candidates: candidates, error: router.refusal()) }
        do {
            let plan = try plan(for: request, wish: wish, match: taken, isShown: true)
            return RoutingDecision(candidates: candidates, plan: plan, image: taken.image)
        } catch {
            return RoutingDecision(candidates: candidates, error: error)
        }
    }
}

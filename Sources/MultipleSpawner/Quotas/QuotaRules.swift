/// Who may have how much: the setting `quotas`.
///
/// For each thing that is counted, the most specific rule that names it holds for a user: the user's own, else the most
/// generous of the user's groups, else the one for all. What a group may have together holds besides.
public struct QuotaRules: Sendable, Hashable {
    /// What is said of the members of a group.
    public struct Group: Sendable, Hashable {
        /// What each may have.
        public var each: QuotaLimits
        /// What they may have together.
        public var together: QuotaLimits

        public init(each: QuotaLimits = QuotaLimits(), together: QuotaLimits = QuotaLimits()) {
            self.each = each
            self.together = together
        }
    }

    public var everybody: QuotaLimits
    public var groups: [String: Group]
    public var users: [String: QuotaLimits]

    public init(
        everybody: QuotaLimits = QuotaLimits(), groups: [String: Group] = [:], users: [String: QuotaLimits] = [:]
    ) {
        self.everybody = everybody
        self.groups = groups
        self.users = users
    }

    /// The declaration of the setting.
    public static let shape = ObjectShape([
        Field(
            "default", .object(ObjectShape(QuotaLimits.fields)), "What each user may have of whom nothing else is said."
        ),
        Field(
            "groups",
            .map(
                .object(
                    ObjectShape(
                        QuotaLimits.fields + [
                            Field(
                                "together", .object(ObjectShape(QuotaLimits.fields)),
                                "What all members of the group may have together.")
                        ]))), "What each member of a group may have, by the group's name in the hub."),
        Field("users", .map(.object(ObjectShape(QuotaLimits.fields))), "What a user may have, by the user's name."),
    ])

    /// - Parameter bound: checked against `shape`; `nil`: no quotas.
    public init(bound: JSONValue?) {
        everybody = QuotaLimits(bound: bound?["default"])
        groups = (bound?["groups"]?.objectValue ?? [:]).mapValues {
            Group(each: QuotaLimits(bound: $0), together: QuotaLimits(bound: $0["together"]))
        }
        users = (bound?["users"]?.objectValue ?? [:]).mapValues { QuotaLimits(bound: $0) }
    }

    /// Whether nothing is bounded for anybody.
    public var isEmpty: Bool { !all.contains(where: \.isBounding) }

    /// Whether somebody's hours are.
    var countsHours: Bool { all.contains { ($0.limits[.hours] ?? nil) != nil } }

    private var all: [QuotaLimits] {
        [everybody] + Array(users.values) + groups.values.flatMap { [$0.each, $0.together] }
    }

    /// The rules that hold for a session of this user: at most one for each thing that is counted, and those of groups
    /// that are for all their members together.
    func rules(
        for identity: SessionIdentity, groups memberships: Set<String>,
        counting resources: [QuotaResource] = QuotaResource.allCases
    ) -> [QuotaRule] {
        let names = memberships.filter { groups[$0] != nil }.sorted()
        var rules = resources.compactMap { rule(for: $0, of: identity, in: names) }
        for name in names {
            for resource in resources {
                guard let most = groups[name]?.together.limits[resource] ?? nil else { continue }
                rules.append(
                    QuotaRule(
                        resource: resource, most: most, account: .group(hub: identity.hub, name: name),
                        origin: .together(name)))
            }
        }
        return rules
    }

    private func rule(
        for resource: QuotaResource, of identity: SessionIdentity, in names: [String]
    ) -> QuotaRule? {
        let account = QuotaAccount.user(hub: identity.hub, name: identity.user)
        func rule(_ most: Double?, _ origin: QuotaRule.Origin) -> QuotaRule? {
            most.map { QuotaRule(resource: resource, most: $0, account: account, origin: origin) }
        }
        if let own = users[identity.user]?.limits[resource] { return rule(own, .user(identity.user)) }
        let given = names.compactMap { name in
            groups[name]?.each.limits[resource].map { (name: name, most: $0) }
        }
        if let best = given.max(by: { ($0.most ?? .infinity) < ($1.most ?? .infinity) }) {
            return rule(best.most, .member(best.name))
        }
        return everybody.limits[resource].flatMap { rule($0, .everybody) }
    }
}

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What everybody has and has had, as far as quotas ask for it. A value inside of the ledger: what is checked is what the
/// next change builds on.
struct QuotaBook: Sendable {
    let rules: QuotaRules
    private let countsHours: Bool
    private let isEmpty: Bool
    private var live: [QuotaAccount: [SessionID: SessionRecord]] = [:]
    private var past: [QuotaAccount: [UsageSpan]] = [:]

    init(_ rules: QuotaRules) {
        self.rules = rules
        countsHours = rules.countsHours
        isEmpty = rules.isEmpty
    }

    /// From when on the usage of sessions that are over counts; `nil` where nobody counts it.
    func horizon(at now: Date) -> Date? {
        countsHours ? now.addingTimeInterval(-QuotaResource.window) : nil
    }

    // MARK: What there is

    mutating func add(_ record: SessionRecord) {
        guard !isEmpty else { return }
        for account in accounts(of: record.identity, record.groups) { live[account, default: [:]][record.id] = record }
    }

    mutating func remove(_ record: SessionRecord) {
        guard !isEmpty else { return }
        for account in accounts(of: record.identity, record.groups) {
            live[account]?[record.id] = nil
            if live[account]?.isEmpty == true { live[account] = nil }
        }
    }

    mutating func add(_ usage: UsageRecord) {
        guard countsHours else { return }
        let span = UsageSpan(from: usage.started, to: usage.ended)
        let horizon = span.to - QuotaResource.window
        for account in accounts(of: usage.identity, usage.groups) {
            past[account, default: []].append(span)
            // Now and then what nobody counts any more is dropped.
            if let spans = past[account], spans.count > 32, spans.count & (spans.count - 1) == 0 {
                past[account] = spans.filter { $0.to > horizon }
            }
        }
    }

    /// Takes back what could not be written down.
    mutating func remove(_ usage: UsageRecord) {
        guard countsHours else { return }
        let span = UsageSpan(from: usage.started, to: usage.ended)
        for account in accounts(of: usage.identity, usage.groups) {
            if let index = past[account]?.lastIndex(of: span) { past[account]?.remove(at: index) }
        }
    }

    private func accounts(of identity: SessionIdentity, _ groups: Set<String>) -> [QuotaAccount] {
        [.user(hub: identity.hub, name: identity.user)]
            + groups.filter { rules.groups[$0]?.together.isBounding == true }
            .map { QuotaAccount.group(hub: identity.hub, name: $0) }
    }

    // MARK: What is asked

    /// Checks that a session may be there, besides those that are.
    ///
    /// - Throws: `over_capacity` where something has to end first, `forbidden` where that would not help.
    func check(_ wanted: SessionRecord, at now: Date) throws(SpawnError) {
        guard !isEmpty else { return }
        for rule in rules.rules(for: wanted.identity, groups: wanted.groups) {
            let asked = rule.resource.amount(in: wanted.resources)
            let used = used(rule, besides: wanted.id, at: now)
            // Cores have fractions.
            let fits = rule.resource == .hours ? used < rule.most : used + asked <= rule.most + 1e-6
            guard !fits else { continue }
            throw QuotaRefusal(
                rule: rule, asked: asked, used: used, frees: frees(rule, asking: asked, besides: wanted.id, at: now)
            ).error
        }
    }

    /// What the quotas of a user leave, in the order in which a form tells it.
    func standings(of identity: SessionIdentity, groups: Set<String>, at now: Date) -> [QuotaStanding] {
        guard !isEmpty else { return [] }
        return rules.rules(for: identity, groups: groups).map { rule in
            QuotaStanding(rule, used: used(rule, besides: nil, at: now))
        }
    }

    /// The sessions that run on hours that are used up, or will be within `notice` seconds, with how many are left.
    func overdrawn(within notice: Double, at now: Date) -> [SessionID: Double] {
        guard countsHours else { return [:] }
        var ending: [SessionID: Double] = [:]
        var known: [QuotaRule: Double] = [:]
        for (account, records) in live {
            guard case .user = account else { continue }
            for record in records.values where record.isRunning {
                for rule in rules.rules(for: record.identity, groups: record.groups, counting: [.hours]) {
                    let left = known[rule] ?? secondsLeft(of: rule, at: now)
                    known[rule] = left
                    if left <= notice { ending[record.id] = min(ending[record.id] ?? left, left) }
                }
            }
        }
        return ending
    }

    /// How long all that run on an account may still run together.
    private func secondsLeft(of rule: QuotaRule, at now: Date) -> Double {
        let running = live[rule.account]?.values.count(where: \.isRunning) ?? 0
        return (rule.most - used(rule, besides: nil, at: now)) * 3600 / Double(max(1, running))
    }

    private func used(_ rule: QuotaRule, besides excluded: SessionID?, at now: Date) -> Double {
        let records = (live[rule.account] ?? [:]).lazy.filter { $0.key != excluded }.map(\.value)
        guard rule.resource == .hours else {
            return records.reduce(0) { $0 + rule.resource.amount(in: $1.resources) }
        }
        let moment = now.timeIntervalSinceReferenceDate
        return spans(of: rule.account, at: now).reduce(0) { $0 + $1.hours(at: moment) }
    }

    /// When sessions ran and run, those that run until `now`.
    private func spans(of account: QuotaAccount, at now: Date) -> [UsageSpan] {
        let running = (live[account] ?? [:]).values.compactMap { record in
            record.started.map { UsageSpan(from: $0, to: record.ended ?? now) }
        }
        return (past[account] ?? []) + running
    }

    /// When there is room at the latest; `nil` where nobody can say.
    private func frees(_ rule: QuotaRule, asking: Double, besides excluded: SessionID, at now: Date) -> Date? {
        if rule.resource == .hours { return hoursFree(rule, at: now) }
        var used = used(rule, besides: excluded, at: now)
        let ends = (live[rule.account] ?? [:]).values.filter { $0.id != excluded }
            .compactMap { record in record.expires.map { ($0, rule.resource.amount(in: record.resources)) } }
            .sorted { $0.0 < $1.0 }
        for (end, amount) in ends {
            used -= amount
            if used + asking <= rule.most + 1e-6 { return max(end, now) }
        }
        return nil
    }

    /// When the hours that are counted have become fewer than there may be, if nothing runs from now on.
    private func hoursFree(_ rule: QuotaRule, at now: Date) -> Date? {
        guard rule.most > 0 else { return nil }
        let spans = spans(of: rule.account, at: now)
        var (early, late) = (0.0, QuotaResource.window)
        let moment = now.timeIntervalSinceReferenceDate
        // Half a minute is near enough.
        while late - early > 30 {
            let middle = (early + late) / 2
            let used = spans.reduce(0) { $0 + $1.hours(at: moment + middle) }
            if used < rule.most { late = middle } else { early = middle }
        }
        return now.addingTimeInterval(late)
    }
}

extension SessionRecord {
    /// Whether its hours go on.
    fileprivate var isRunning: Bool { started != nil && ended == nil }
}

import Logging

/// Sees to it that ways into machines do not run out under sessions that run.
actor Renewals {
    private let ledger: Ledger
    private let registry: Registry
    private let log: Logger
    private let clock = ContinuousClock()
    /// When to ask again, by session; a session that is not in here was never asked.
    private var due: [SessionID: ContinuousClock.Instant] = [:]
    private var underWay: Set<SessionID> = []

    /// After a failure. What runs out has half of its time left then.
    private static let pause = Duration.seconds(60)
    /// For grants of which nothing runs out.
    private static let never = Duration.seconds(86_400 * 365)

    init(ledger: Ledger, registry: Registry, log: Logger) {
        self.ledger = ledger
        self.registry = registry
        self.log = log
    }

    /// Renews what is due, one session after the other, and returns when that is done.
    func renew(_ records: [SessionRecord]) async {
        let running = records.filter { record in
            guard case .running = record.lifecycle.phase else { return false }
            return record.lifecycle.grant != nil
        }
        let known = Set(running.map(\.id))
        due = due.filter { known.contains($0.key) }
        for record in running where due[record.id].map({ $0 <= clock.now }) ?? true { await renew(record) }
    }

    private func renew(_ record: SessionRecord) async {
        guard let grant = record.lifecycle.grant, underWay.insert(record.id).inserted else { return }
        defer { underWay.remove(record.id) }
        do {
            let authenticator = try registry.authenticator(grant.kind)
            let ledger = ledger
            let next = try await authenticator.renew(
                grant,
                checkpoint: GrantCheckpoint(save: { try await ledger.record(.granted($0), for: record.id) }))
            due[record.id] = clock.now + (next ?? Self.never)
        } catch {
            due[record.id] = clock.now + Self.pause
            log.error(
                "the way in to a session's machine could not be renewed; trying again",
                metadata: ["session": "\(record.id.rawValue)", "error": "\(error)", "in": "\(Self.pause)"])
        }
    }
}

import Logging

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What time brings about.
extension Orchestrator {
    /// Gives a running session more time, at most up to the maximum of its template.
    public func extend(_ id: SessionID, minutes: Int) async throws -> SessionRecord {
        touch(id)
        guard let record = await ledger[id] else { throw notFound(id) }
        guard (1...5_256_000).contains(minutes) else {
            throw SpawnError(.invalidRequest, "minutes is \(minutes); give a whole number from 1 to 5256000")
        }
        guard let started = record.started, let expires = record.expires else {
            throw SpawnError(.conflict, "session \(id.rawValue) has no end to move")
        }
        var end = expires.addingTimeInterval(Double(minutes) * 60)
        if let maximum = record.lifetime.maximum {
            let last = started.addingTimeInterval(Double(maximum) * 60)
            guard expires < last else {
                throw SpawnError(
                    .overCapacity, "session \(id.rawValue) has its full \(maximum) minutes already; start a new one")
            }
            end = min(end, last)
        }
        warned[id] = nil
        return try await ledger.extend(id, to: end)
    }

    /// Renews what runs out under sessions that run.
    public func renew() async {
        await renewals.renew(await ledger.allRecords())
    }

    /// Ends what is due at `now`: sessions whose lifetime is over, and those that nobody asks after. Warns before.
    public func tidy(at now: Date = Date()) async {
        let instant = clock.now
        for record in await ledger.allRecords() {
            guard case .running = record.lifecycle.phase, let control = controls[record.id] else { continue }
            if let expires = record.expires {
                if expires <= now {
                    control.end(.lifetimeOver)
                } else {
                    await warn(record, expires: expires, now: now)
                }
            }
            let limit = claimed.contains(record.id) ? policy.abandonedAfter : policy.abandonedStartAfter
            if let asked = askedAfter[record.id], instant - asked > limit {
                log.notice("nobody asks after a session any more", metadata: metadata(record))
                control.end(.abandoned)
            }
        }
    }

    /// How long before the end of a lifetime its user is told, in seconds.
    private static let warnings: [Double] = [600, 60]

    private func warn(_ record: SessionRecord, expires: Date, now: Date) async {
        let left = expires.timeIntervalSince(now)
        let total = record.started.map { expires.timeIntervalSince($0) } ?? 0
        guard let due = Self.warnings.last(where: { left <= $0 && total > $0 }) else { return }
        let mark = expires.addingTimeInterval(-due)
        guard warned[record.id] != mark else { return }
        warned[record.id] = mark
        let minutes = max(1, Int((left / 60).rounded()))
        await ledger.report(
            EventFeed.Progress(
                percent: 100, message: "The server ends in \(minutes) minute\(minutes == 1 ? "" : "s"), unless extended"
            ),
            for: record.id)
    }
}

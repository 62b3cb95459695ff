#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Orchestrator {
    /// Ends sessions that run on hours which a quota does not have any more, as at the end of their lifetime, and tells
    /// their users ten minutes before.
    public func enforceQuotas(at now: Date = Date()) async {
        for (id, left) in await ledger.overdrawn(within: 600, at: now) {
            guard let control = controls[id], control.reason == nil else { continue }
            guard left > 0 else {
                await ledger.report(
                    EventFeed.Progress(percent: 100, message: "The server ends: the hours of the quota are used up"),
                    for: id)
                control.end(.lifetimeOver)
                continue
            }
            guard warnedOfQuota.insert(id).inserted else { continue }
            let minutes = max(1, Int((left / 60).rounded()))
            await ledger.report(
                EventFeed.Progress(
                    percent: 100,
                    message:
                        "The server ends in \(minutes) minute\(minutes == 1 ? "" : "s"): the hours of the quota are "
                        + "used up then"),
                for: id)
        }
    }
}

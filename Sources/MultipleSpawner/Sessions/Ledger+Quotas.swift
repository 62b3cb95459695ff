#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Ledger {
    /// What the quotas of a user leave.
    public func standings(
        of identity: SessionIdentity, groups: Set<String>, at now: Date = Date()
    ) -> [QuotaStanding] {
        quotas.standings(of: identity, groups: groups, at: now)
    }

    /// The sessions that run on hours of a quota which are used up, or will be within `notice` seconds, with the seconds
    /// that are left.
    func overdrawn(within notice: Double, at now: Date) -> [SessionID: Double] {
        quotas.overdrawn(within: notice, at: now)
    }
}

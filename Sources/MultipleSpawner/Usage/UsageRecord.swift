#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What a session used, once it is over: kept after the session is forgotten.
public struct UsageRecord: Sendable, Hashable {
    public let session: SessionID
    public let identity: SessionIdentity
    /// The user's groups when the session was asked for.
    public let groups: Set<String>
    public let template: String
    public let provider: String
    public let resources: ResourceSpecification
    /// When it answered.
    public let started: Date
    /// When it was told to end, or was seen to have ended; the moment of the question, where it still runs.
    public let ended: Date
    /// What an hour cost when it was asked for; `nil` where nobody said so.
    public let costPerHour: Double?

    public init(
        session: SessionID, identity: SessionIdentity, groups: Set<String> = [], template: String, provider: String,
        resources: ResourceSpecification, started: Date, ended: Date, costPerHour: Double? = nil
    ) {
        self.session = session
        self.identity = identity
        self.groups = groups
        self.template = template
        self.provider = provider
        self.resources = resources
        self.started = started
        self.ended = max(started, ended)
        self.costPerHour = costPerHour
    }

    /// `nil` for a session that never answered: it used nothing.
    public init?(_ record: SessionRecord, at now: Date) {
        guard let started = record.started else { return nil }
        self.init(
            session: record.id, identity: record.identity, groups: record.groups, template: record.template,
            provider: record.provider, resources: record.resources, started: started, ended: record.ended ?? now,
            costPerHour: record.costPerHour)
    }

    /// Hours of it that lie in a span of time.
    func hours(from: Date, to: Date) -> Double {
        max(0, min(ended, to).timeIntervalSince(max(started, from))) / 3600
    }
}

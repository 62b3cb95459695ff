#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Who used how much within a span of time.
public struct UsageReport: Sendable, Hashable {
    /// What was used together.
    public struct Sum: Sendable, Hashable {
        /// Sessions that ran for a while within the span.
        public private(set) var sessions = 0
        public private(set) var hours = 0.0
        public private(set) var coreHours = 0.0
        /// GB for an hour.
        public private(set) var memoryHours = 0.0
        public private(set) var gpuHours = 0.0
        /// In whatever currency the site counts in; `nil` where nothing had a price.
        public private(set) var cost: Double?

        public init() {}

        mutating func add(_ usage: UsageRecord, hours: Double) {
            sessions += 1
            self.hours += hours
            coreHours += hours * usage.resources.cpu
            memoryHours += hours * Double(usage.resources.memory) / Double(ResourceSpecification.gibibyte)
            gpuHours += hours * Double(usage.resources.gpu)
            if let price = usage.costPerHour { cost = (cost ?? 0) + hours * price }
        }
    }

    /// A user, or a group, of one hub.
    public struct Name: Sendable, Hashable, Comparable {
        public let hub: String
        public let name: String

        public static func < (first: Name, second: Name) -> Bool {
            (first.hub, first.name) < (second.hub, second.name)
        }
    }

    /// Whose usage is told; `nil`: everybody's.
    public struct Filter: Sendable, Hashable {
        public var hub: String?
        public var user: String?
        public var group: String?

        public init(hub: String? = nil, user: String? = nil, group: String? = nil) {
            self.hub = hub
            self.user = user
            self.group = group
        }

        func admits(_ usage: UsageRecord) -> Bool {
            (hub == nil || hub == usage.identity.hub) && (user == nil || user == usage.identity.user)
                && (group.map(usage.groups.contains) ?? true)
        }
    }

    public let since: Date
    public let until: Date
    public private(set) var users: [Name: Sum] = [:]
    /// A session counts for each group that its user was in when it was asked for.
    public private(set) var groups: [Name: Sum] = [:]
    public private(set) var total = Sum()
    private let filter: Filter

    public init(since: Date, until: Date, filter: Filter = Filter()) {
        self.since = since
        self.until = until
        self.filter = filter
    }

    /// Counts what lies within the span.
    public mutating func add(_ usage: UsageRecord) {
        guard filter.admits(usage), usage.started < until, usage.ended >= since else { return }
        let hours = usage.hours(from: since, to: until)
        users[Name(hub: usage.identity.hub, name: usage.identity.user), default: Sum()].add(usage, hours: hours)
        for group in usage.groups where filter.group == nil || filter.group == group {
            groups[Name(hub: usage.identity.hub, name: group), default: Sum()].add(usage, hours: hours)
        }
        total.add(usage, hours: hours)
    }
}

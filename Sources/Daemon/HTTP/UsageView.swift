import FoundationEssentials
import MultipleSpawner

/// What `GET /v1/usage` answers.
struct UsageView: Encodable {
    /// A user, or a group, with what was used.
    struct Row: Encodable {
        enum Kind: String {
            case user, group
        }

        let kind: Kind
        let name: UsageReport.Name
        let sum: UsageReport.Sum

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(name.hub, forKey: .hub)
            try container.encode(name.name, forKey: kind == .user ? .user : .group)
            try Sum(sum: sum).encode(to: encoder)
        }
    }

    struct Sum: Encodable {
        let sum: UsageReport.Sum

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(sum.sessions, forKey: .sessions)
            try container.encode(Self.short(sum.hours), forKey: .hours)
            try container.encode(Self.short(sum.coreHours), forKey: .coreHours)
            try container.encode(Self.short(sum.memoryHours), forKey: .memoryHours)
            try container.encode(Self.short(sum.gpuHours), forKey: .gpuHours)
            try container.encode(sum.cost.map(Self.short), forKey: .cost)
        }

        /// A ten-thousandth of an hour is a third of a second.
        private static func short(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
    }

    private enum Key: String, CodingKey {
        case hub, user, group, sessions, hours, cost
        case coreHours = "core_hours"
        case memoryHours = "memory_gb_hours"
        case gpuHours = "gpu_hours"
    }

    let since: Date
    let until: Date
    let users: [Row]
    let groups: [Row]
    let total: Sum

    init(_ report: UsageReport) {
        since = report.since
        until = report.until
        users = Self.rows(report.users, .user)
        groups = Self.rows(report.groups, .group)
        total = Sum(sum: report.total)
    }

    private static func rows(_ sums: [UsageReport.Name: UsageReport.Sum], _ kind: Row.Kind) -> [Row] {
        sums.sorted { $0.key < $1.key }.map { Row(kind: kind, name: $0.key, sum: $0.value) }
    }
}

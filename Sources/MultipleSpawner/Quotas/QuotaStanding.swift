/// How much of a quota is used, and what is left.
public struct QuotaStanding: Sendable, Hashable {
    public let resource: QuotaResource
    /// The name of the group whose members have it together; `nil` where it is the user's own.
    public let group: String?
    public let most: Double
    public let used: Double

    public var left: Double { max(0, most - used) }

    init(_ rule: QuotaRule, used: Double) {
        resource = rule.resource
        if case .together(let name) = rule.origin { group = name } else { group = nil }
        most = rule.most
        self.used = used
    }

    /// `1 of 2 sessions left`, `8 GB of 32 GB of memory left`, `… for all members of 'students' together`.
    public var words: String {
        "\(resource.number(left)) of \(resource.words(most)) left"
            + (group.map { ", for all members of '\($0.excerpt)' together" } ?? "")
    }
}

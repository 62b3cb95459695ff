/// The most that somebody may have of each; what is not named has no rule here.
public struct QuotaLimits: Sendable, Hashable {
    /// `nil`: unlimited, said in so many words.
    public var limits: [QuotaResource: Double?]

    public init(_ limits: [QuotaResource: Double?] = [:]) {
        self.limits = limits
    }

    static let fields = [
        Field("sessions", most(.integer(0...1_000_000)), "The most sessions at once, or \"unlimited\"."),
        Field("memory", most(.memory), "The most memory of all sessions together: a number of GB, or \"512M\"."),
        Field("cpu", most(.number(0...1_000_000)), "The most cores of all sessions together."),
        Field("gpu", most(.integer(0...1_000_000)), "The most GPUs of all sessions together."),
        Field("hours", most(.number(0...10_000_000)), "The most hours of sessions in the last 30 days."),
    ]

    private static func most(_ shape: Shape) -> Shape { .either([.choice(["unlimited"]), shape]) }

    init(bound: JSONValue?) {
        limits = [:]
        for resource in QuotaResource.allCases {
            guard let value = bound?[resource.rawValue], !value.isNull else { continue }
            limits.updateValue(value.doubleValue, forKey: resource)
        }
    }

    /// Whether one of them has a bound.
    var isBounding: Bool { limits.values.contains { $0 != nil } }
}

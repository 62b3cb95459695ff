/// How long a template's sessions run, in minutes.
public struct LifetimeRule: Sendable, Hashable {
    /// When the user does not say.
    public let preset: Int?
    /// The most that a user may ask for or extend to.
    public let maximum: Int?

    public init(preset: Int? = nil, maximum: Int? = nil) {
        self.preset = preset
        self.maximum = maximum
    }

    static let shape = ObjectShape([
        Field("default", .integer(HardwareLimits.lifetimeRange), "Minutes, when the user does not say."),
        Field("max", .integer(HardwareLimits.lifetimeRange), aliases: ["maximum"], "The most minutes."),
    ])

    init(bound: JSONValue?) {
        self.init(preset: bound?["default"]?.integerValue, maximum: bound?["max"]?.integerValue)
    }

    /// What a session gets: the user's wish, else the template's, else the hub's, never more than the most.
    func lifetime(wanted: Int?, hub: Int?) -> Lifetime {
        let most = most(hub: hub)
        let minutes = wanted ?? preset ?? hub ?? maximum
        return Lifetime(minutes: minutes.map { min($0, most ?? $0) }, maximum: most)
    }

    /// The most that a user may have: as the template says, else as the hub does, which a template's own value tops.
    func most(hub: Int?) -> Int? {
        maximum ?? hub.map { max($0, preset ?? $0) }
    }
}

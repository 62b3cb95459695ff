/// What becomes of a session's machine when the session does not need it any more.
public struct MachinePolicy: Sendable, Hashable, Codable {
    /// When the session was stopped, or its server ended.
    public var atStop: MachineEnd
    /// When the session's lifetime was over.
    public var atEnd: MachineEnd
    /// After how many minutes without a session a machine that was kept or switched off is dealt with; `nil`: never.
    public var idleMinutes: Int?
    /// What is done with it then.
    public var whenIdle: MachineEnd
    /// Whether the user's named servers share one machine.
    public var isShared: Bool

    public init(
        atStop: MachineEnd = .destroy, atEnd: MachineEnd? = nil, idleMinutes: Int? = nil,
        whenIdle: MachineEnd = .destroy, isShared: Bool = false
    ) {
        self.atStop = atStop
        self.atEnd = atEnd ?? atStop
        self.idleMinutes = idleMinutes
        self.whenIdle = whenIdle
        self.isShared = isShared
    }

    /// What a template says in `machine`.
    static let fields = [
        Field("options", .map(.anything), "Options of the provider for the machine: an image, a shape."),
        Field(
            "at_stop", .choice(MachineEnd.allCases.map(\.rawValue)),
            "What becomes of the machine when the server was stopped: keep, stop or destroy (destroy)."),
        Field(
            "at_end", .choice(MachineEnd.allCases.map(\.rawValue)),
            "The same at the end of the lifetime; as at_stop, when it is not given."),
        Field(
            "idle_minutes", .integer(1...5_256_000),
            "After how many minutes without a server a kept machine is dealt with; never, when it is not given."),
        Field("when_idle", .choice(MachineEnd.allCases.map(\.rawValue)), "What is done with it then (destroy)."),
        Field("shared", .boolean, "Whether a user's named servers share one machine."),
    ]

    init(bound: JSONValue?) {
        func end(_ key: String) -> MachineEnd? { bound?[key]?.stringValue.flatMap(MachineEnd.init) }
        self.init(
            atStop: end("at_stop") ?? .destroy, atEnd: end("at_end"), idleMinutes: bound?["idle_minutes"]?.integerValue,
            whenIdle: end("when_idle") ?? .destroy, isShared: bound?["shared"]?.boolValue ?? false)
    }
}

import MultipleSpawner

/// What a program needs to undo what it did for a session, and which program that is. Nothing in it is secret.
struct ProgramGrant: Sendable, Hashable, Codable {
    var command: [String]
    /// In seconds.
    var timeout: Double
    var session: SessionID
    var identity: SessionIdentity
    var machines: [MachineAddress]
    /// What the program answered as `grant`; `nil` as long as it has not answered.
    var answer: JSONValue?
}

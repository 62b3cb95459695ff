import MultipleSpawner

/// What finds a server again that a program started. Nothing in it is secret.
struct ExecHandle: Sendable, Hashable, Codable {
    var session: SessionID
    var place: ExecPlace
    /// What the program checkpointed last; `nil` as long as it said nothing.
    var answer: JSONValue?
    /// Whether its start has come to a result: before that, only a program that said something is asked about it.
    var hasStarted = false

    /// The members of a question about it.
    var fields: [String: JSONValue] {
        ["session": .string(session.rawValue), "handle": answer ?? nil]
    }
}

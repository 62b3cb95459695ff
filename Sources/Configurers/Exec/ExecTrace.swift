import MultipleSpawner

/// What a program needs to undo what it did to a machine, and which program that is. Nothing in it is secret.
struct ExecTrace: Sendable, Hashable, Codable {
    var command: [String]
    /// In seconds.
    var timeout: Double?
    /// The members of the question: whose it is, the machine, and the way in.
    var fields: [String: JSONValue]
    /// What the program checkpointed last; `nil` as long as it said nothing.
    var answer: JSONValue?
}

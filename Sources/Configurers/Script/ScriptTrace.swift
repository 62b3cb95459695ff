/// What undoes a script's work. Nothing in it is secret.
struct ScriptTrace: Sendable, Hashable, Codable {
    var steps: ScriptOptions.Steps
    /// In seconds.
    var timeLimit: Double
}

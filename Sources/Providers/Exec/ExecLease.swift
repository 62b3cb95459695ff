import MultipleSpawner

/// What finds a machine again that a program gives. Nothing in it is secret.
///
/// It does not say which program: that is the one that `providers.json` names today.
struct ExecLease: Sendable, Hashable, Codable {
    var token: MachineToken
    /// What the program checkpointed last; `nil` as long as it said nothing.
    var answer: JSONValue?
}

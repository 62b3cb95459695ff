import MultipleSpawner
import Transport

/// What a template may say about a script, read from options that were checked against `shape`.
struct ScriptOptions: Sendable {
    var steps: Steps
    var cleanup: Steps?
    var isForced: Bool
    var timeLimit: Duration?

    /// What is run, and with what variables.
    struct Steps: Sendable, Hashable, Codable {
        /// A file of this machine.
        var script: String?
        var commands: [String]
        var environment: [String: String]
    }

    init(_ options: JSONValue) throws(SpawnError) {
        steps = try Self.steps(options, "the options")
        if let cleanup = options["cleanup"], cleanup.objectValue?.isEmpty == false {
            self.cleanup = try Self.steps(cleanup, "'cleanup'")
            for name in self.cleanup?.environment.keys.sorted() ?? [] where HiddenTexts.looksSecret(name) {
                throw SpawnError(
                    .invalidRequest,
                    "the variable '\(name.excerpt)' of 'cleanup' would be kept on disk, and looks like a secret; let the "
                        + "script read it from a file of the machine")
            }
        }
        isForced = options["force"]?.boolValue ?? false
        timeLimit = options["time_limit"]?.doubleValue.map { .milliseconds(Int64($0 * 1000)) }
    }

    private static func steps(_ options: JSONValue, _ place: String) throws(SpawnError) -> Steps {
        let steps = Steps(
            script: options["script"]?.filledString, commands: options["commands"]?.strings ?? [],
            environment: options["environment"]?.objectValue?.compactMapValues(\.stringValue) ?? [:])
        guard (steps.script == nil) != steps.commands.isEmpty else {
            throw SpawnError(.invalidRequest, "\(place) need one of 'script' and 'commands': what is to be run")
        }
        for (name, value) in steps.environment.sorted(by: { $0.key < $1.key }) {
            guard HostVariables.isName(name), !value.utf8.contains(0) else {
                throw SpawnError(
                    .invalidRequest,
                    "'\(name.excerpt)' in 'environment' is no variable; use letters, digits and '_', and no NUL in its value"
                )
            }
        }
        return steps
    }
}

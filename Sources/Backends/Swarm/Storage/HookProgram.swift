import MultipleSpawner

/// A program of the daemon's machine that makes what a session mounts: JSON in, mounts as JSON out.
struct HookProgram: Sendable, Hashable {
    /// The program, by its whole path, and its arguments.
    let command: [String]
    let timeout: Duration

    /// `nil` where the hook has no `command`.
    init?(_ options: OptionReader) throws(SpawnError) {
        guard let command = options.list("command") else { return nil }
        try ContainerPath.check(command[0], calling: "the program of the home hook's 'command'")
        self.command = command
        timeout = .milliseconds(Int64((options["timeout"]?.doubleValue ?? 30) * 1000))
    }
}

public import MultipleSpawner
import Transport

/// Prepares a machine with a program of this one, which is told where the machine is and how it is logged in to.
///
/// `PluginProtocol` has what it is asked, and what it answers.
public struct ExecConfigurer: Configurer {
    public static let kind: ConfigurerKind = "exec"
    public static let classes = ["multiplespawner.Exec"]

    public static let options = ObjectShape(
        PluginProgram.fields + [
            Field(
                "options", .map(.anything),
                "Values for the program, when it prepares: placeholders may stand in them, and secrets."),
            Field(
                "cleanup", .boolean,
                "Whether the program is run again when the server was stopped (false); it is anyhow where it said a checkpoint."
            ),
        ])

    let stateDirectory: String
    let home: String?

    /// - Parameters:
    ///   - stateDirectory: the daemon's, for its `known_hosts`.
    ///   - environment: HOME.
    public init(stateDirectory: String, environment: [String: String]) {
        self.stateDirectory = stateDirectory
        home = environment["HOME"]
    }

    public func apply(_ wanted: Preparation, checkpoint: TraceCheckpoint) async throws {
        try wanted.requireWritten("command")
        try wanted.requireWritten("data")
        let program = try Self.program(wanted.options)
        var fields = fields(of: wanted)
        let trace = ExecTrace(
            command: program.command, timeout: wanted.options["timeout"]?.doubleValue, fields: fields, answer: nil)
        if wanted.options["cleanup"]?.boolValue == true {
            // What the program does before its first checkpoint is undone by the session's name.
            try await checkpoint(Trace(trace, by: Self.kind))
        }
        fields["password"] = wanted.credentials?.password.map { .string($0.reveal()) }
        fields["options"] = wanted.options["options"] ?? [:]
        let limit = wanted.options["timeout"] == nil ? wanted.limit : min(program.timeout, wanted.limit)
        fields["limit"] = PluginProtocol.seconds(limit)
        let save: @Sendable (JSONValue) async throws -> Void = { value in
            var trace = trace
            trace.answer = value
            try await checkpoint(Trace(trace, by: Self.kind))
        }
        let answer = try await program.ask(
            "apply", fields, secrets: secrets(of: wanted), limit: limit, checkpoint: save,
            report: { await checkpoint.report($0) })
        if let kept = answer["trace"] { try await save(kept) }
    }

    public func cleanup(_ trace: Trace, through shell: any RemoteShell) async throws {
        let trace: ExecTrace = try trace.decode()
        let program = try PluginProgram(.configurer, command: trace.command, timeout: trace.timeout)
        _ = try await program.ask("cleanup", trace.fields.merging(["trace": trace.answer ?? nil]) { own, _ in own })
    }

    /// A program's own state decides what it does: it is never passed over, and is to be quick where all is done.
    public func digest(of wanted: Preparation) async throws -> String? { nil }

    public func examine(_ options: JSONValue) async -> [Finding] {
        do {
            return try await Self.program(options).examine([
                "data": options["data"] ?? [:], "options": options["options"] ?? [:],
            ])
        } catch {
            return [Finding(.failed, "configurer", SpawnError(wrapping: error, "it cannot be asked").message)]
        }
    }

    private static func program(_ options: JSONValue) throws(SpawnError) -> PluginProgram {
        try PluginProgram(
            .configurer, command: options["command"]?.strings ?? [], timeout: options["timeout"]?.doubleValue)
    }

    /// What is kept for the cleanup, too: nothing secret.
    private func fields(of wanted: Preparation) -> [String: JSONValue] {
        var fields = wanted.credentials.map { PluginProtocol.wayIn($0) } ?? [:]
        fields["password"] = nil
        fields["account"] = (wanted.credentials?.account ?? wanted.account).map { .string($0) }
        fields["machine"] = PluginProtocol.machine(wanted.machine)
        fields["known_hosts_files"] = .array(knownHosts(wanted.credentials).map { .string($0) })
        fields["limit"] = PluginProtocol.seconds(wanted.limit)
        fields["data"] = wanted.options["data"] ?? [:]
        return fields.merging(PluginProtocol.owner(wanted.session, wanted.identity)) { _, own in own }
    }

    private func secrets(of wanted: Preparation) -> [Secret] {
        [wanted.credentials?.password].compactMap(\.self)
    }

    /// The files that may know the machine: the session's own first, then those that the backend looks at too.
    private func knownHosts(_ credentials: Credentials?) -> [String] {
        var files = [credentials?.knownHostsFile, "\(stateDirectory)/known_hosts"].compactMap(\.self)
        if let home, home.hasPrefix("/") { files.append("\(home)/.ssh/known_hosts") }
        return files + ["/etc/ssh/ssh_known_hosts"]
    }
}

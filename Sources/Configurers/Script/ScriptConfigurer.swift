public import MultipleSpawner
import Transport

/// Prepares a machine with a script of this one, or with commands, over the session's own connection.
public struct ScriptConfigurer: Configurer {
    public static let kind: ConfigurerKind = "script"
    public static let classes = ["multiplespawner.Script"]
    public static let options = ScriptOptions.shape

    /// Where scripts are looked for.
    let directory: String
    let environment: [String: String]

    /// - Parameters:
    ///   - directory: of scripts and playbooks; see `AnsibleConfigurer`.
    ///   - environment: HOME, and MULTIPLE_SPAWNER_CONFIGURER_RESOURCES_PATH.
    public init(directory: String? = nil, environment: [String: String]) {
        self.directory = ResourceDirectory.path(directory, environment: environment)
        self.environment = environment
    }

    public func apply(_ wanted: Preparation, checkpoint: TraceCheckpoint) async throws {
        let options = try options(of: wanted)
        let programs = try await programs(options.steps)
        if let cleanup = options.cleanup {
            // What cannot be read now cannot be read then.
            _ = try await self.programs(cleanup)
            try await checkpoint(
                Trace(ScriptTrace(steps: cleanup, timeLimit: limit(options, wanted).inSeconds), by: Self.kind))
        }
        try await run(programs, through: wanted.shell, limit: limit(options, wanted)) { await checkpoint.report($0) }
    }

    public func cleanup(_ trace: Trace, through shell: any RemoteShell) async throws {
        let trace: ScriptTrace = try trace.decode()
        let limit = Duration.milliseconds(Int64(trace.timeLimit * 1000))
        try await run(try await programs(trace.steps), through: shell, limit: limit) { _ in }
    }

    public func digest(of wanted: Preparation) async throws -> String? {
        let options = try options(of: wanted)
        guard !options.isForced else { return nil }
        let programs = try await programs(options.steps)
        return try await wanted.digest(of: [
            "scripts": .array(programs.map { .string($0.program.script) }),
            "environment": .object(options.steps.environment.mapValues { .string($0) }),
            "machine": .string(wanted.shell.place),
        ])
    }

    public func examine(_ options: JSONValue) async -> [Finding] {
        do {
            let options = try ScriptOptions(options)
            var found = try await programs(options.steps)
            if let cleanup = options.cleanup { found += try await programs(cleanup) }
            return [Finding(.ok, "script", "\(found.map(\.name).joined(separator: ", ")) can be read")]
        } catch {
            return [Finding(.failed, "script", SpawnError(wrapping: error, "it could not be looked at").message)]
        }
    }

    // MARK: What is run

    private struct Program: Sendable {
        /// For people: `setup.sh`, `the command 2 of 3`.
        let name: String
        let program: ScriptProgram
    }

    private func options(of wanted: Preparation) throws(SpawnError) -> ScriptOptions {
        for key in ["script", "commands"] {
            try wanted.requireWritten(key)
            try wanted.requireWritten("cleanup", key)
        }
        return try ScriptOptions(wanted.options)
    }

    private func limit(_ options: ScriptOptions, _ wanted: Preparation) -> Duration {
        min(options.timeLimit ?? wanted.limit, wanted.limit)
    }

    private func programs(_ steps: ScriptOptions.Steps) async throws -> [Program] {
        guard let script = steps.script else {
            return steps.commands.enumerated().map { index, command in
                Program(
                    name: "the command \(index + 1) of \(steps.commands.count)",
                    program: ScriptProgram(script: command + "\n", environment: steps.environment))
            }
        }
        let file = try HubFile(script, in: directory, home: environment["HOME"])
        let name = ProgramWords.line(file.path.split(separator: "/").last.map(String.init) ?? file.path, most: 80)
        let text = try await FileWork.run { () throws(SpawnError) in try file.text(calling: "script") }
        return [Program(name: name, program: ScriptProgram(script: text, environment: steps.environment))]
    }

    private func run(
        _ programs: [Program], through shell: any RemoteShell, limit: Duration,
        report: (_ message: String) async -> Void
    ) async throws {
        let end = ContinuousClock.now + limit
        for one in programs {
            await report("running \(one.name)")
            let rest = end - .now
            guard rest > .zero else { throw lateness(one.name, shell, limit) }
            let answer: RemoteAnswer
            do {
                answer = try await shell.run(
                    RemoteCommand(script: try one.program.text(), limit: rest, mostOutput: 1 << 16))
            } catch let error as SpawnError where error.code == .timedOut {
                throw lateness(one.name, shell, limit)
            }
            if answer.status != 0 { throw failure(answer, one, shell) }
        }
    }

    private func lateness(_ name: String, _ shell: any RemoteShell, _ limit: Duration) -> SpawnError {
        SpawnError(
            .timedOut,
            "\(name) took longer than \(limit) on \(shell.place.excerpt); see what it waits for, or raise 'time_limit'")
    }

    private func failure(_ answer: RemoteAnswer, _ one: Program, _ shell: any RemoteShell) -> SpawnError {
        let hidden = HiddenTexts(in: .object(one.program.environment.mapValues { .string($0) }))
        let said = [answer.errors, answer.output].map { hidden.hide(String(decoding: $0, as: UTF8.self)) }
        let lines = said.map { ProgramWords.lastLines($0) }.first { !$0.isEmpty } ?? []
        let ending = answer.status.map { "status \($0)" } ?? "a signal ended it"
        let last = lines.last.map { ": \($0)" } ?? ", and said nothing"
        return SpawnError(
            .backendFailed, "\(one.name) failed on \(shell.place.excerpt) (\(ending))\(last)", details: lines)
    }
}

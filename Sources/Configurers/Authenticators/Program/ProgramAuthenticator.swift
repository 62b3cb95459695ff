public import MultipleSpawner
import Transport

/// An authenticator that is a program of this machine: what to do as JSON on its input, what it did as JSON on its output.
///
/// It is run with `"action": "prepare"` before a server starts, and with `"action": "cleanup"` after it was stopped, each
/// perhaps more than once. It has nothing of the daemon's environment but a PATH, and secrets travel in the JSON alone.
public struct ProgramAuthenticator: Authenticator {
    public static let kind: AuthenticatorKind = "program"
    public static let classes = ["multiplespawner.Program", "multiplespawner.Exec"]

    public static let options = ObjectShape([
        Field(
            "command", .list(.string), required: true, "The program, by its whole path, and its arguments."),
        Field("data", .map(.string), "Further values for the program; they travel in the JSON alone."),
        Field("timeout", .number(0.1...3600), "The most seconds that it may take (30); then it is ended."),
    ])

    public init() {}

    public func prepare(_ wanted: AccessRequest, checkpoint: GrantCheckpoint) async throws -> Credentials {
        var grant = ProgramGrant(
            command: wanted.options["command"]?.strings ?? [], timeout: wanted.options["timeout"]?.doubleValue ?? 30,
            session: wanted.session,
            identity: wanted.identity, machines: wanted.machines, answer: nil)
        let program = try self.program(of: grant)
        // What the program does before it answers is undone by the session's name.
        try await checkpoint(Grant(grant, by: Self.kind))
        await checkpoint.report("making the way in to the machine")
        let more: [String: JSONValue] = [
            "data": wanted.options["data"] ?? [:],
            "lifetime_minutes": wanted.lifetime.minutes.map { .integer($0) } ?? nil,
            "most_lifetime_minutes": wanted.lifetime.maximum.map { .integer($0) } ?? nil,
        ]
        let answer = try await program.ask(
            "prepare", fields(of: grant).merging(more) { own, _ in own }, report: { await checkpoint.report($0) })
        if let kept = answer["grant"] {
            grant.answer = kept
            try await checkpoint(Grant(grant, by: Self.kind))
        }
        return try credentials(answer, program.name)
    }

    public func cleanup(_ grant: Grant) async throws {
        let grant: ProgramGrant = try grant.decode()
        _ = try await program(of: grant).ask(
            "cleanup", fields(of: grant).merging(["grant": grant.answer ?? nil]) { own, _ in own })
    }

    public func examine(_ options: JSONValue, machines: [MachineAddress]) async -> [Finding] {
        do {
            return try await PluginProgram(.authenticator, command: options["command"]?.strings ?? []).examine([:])
        } catch {
            return [Finding(.failed, "authenticator", SpawnError(wrapping: error, "it cannot be asked").message)]
        }
    }

    private func program(of grant: ProgramGrant) throws(SpawnError) -> PluginProgram {
        try PluginProgram(.authenticator, command: grant.command, timeout: grant.timeout)
    }

    private func fields(of grant: ProgramGrant) -> [String: JSONValue] {
        PluginProtocol.owner(grant.session, grant.identity).merging([
            "machines": .array(grant.machines.map { PluginProtocol.machine($0) })
        ]) { own, _ in own }
    }

    private func credentials(_ answer: JSONValue, _ program: String) throws(SpawnError) -> Credentials {
        let account = answer["account"]?.filledString
        if let account { try SSHAuthenticatorOptions.checkAccount(account) }
        func path(_ key: String) throws(SpawnError) -> String? {
            guard let path = answer[key]?.filledString else { return nil }
            guard path.hasPrefix("/") else {
                throw SpawnError(
                    .backendFailed, "\(program) answered a '\(key)' that is no whole path")
            }
            return path
        }
        return Credentials(
            account: account, keyFile: try path("key_file"), publicKey: answer["public_key"]?.filledString,
            certificateFile: try path("certificate_file"),
            password: answer["password"]?.filledString.map { Secret($0) },
            knownHostsFile: try path("known_hosts_file"))
    }
}

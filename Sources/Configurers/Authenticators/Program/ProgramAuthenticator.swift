import Glibc
public import MultipleSpawner
import Transport

/// An authenticator that is a program of this machine: what to do as JSON on its input, what it did as JSON on its output.
///
/// It is run with `"action": "prepare"` before a server starts, and with `"action": "cleanup"` after it was stopped, each
/// perhaps more than once. It has nothing of the daemon's environment but a PATH, and secrets travel in the JSON alone.
public struct ProgramAuthenticator: Authenticator {
    public static let kind: AuthenticatorKind = "program"
    public static let classes = ["multiplespawner.Program"]

    public static let options = ObjectShape([
        Field(
            "command", .list(.string), required: true, "The program, by its whole path, and its arguments."),
        Field("data", .map(.string), "Further values for the program; they travel in the JSON alone."),
        Field("timeout", .number(0.1...3600), "The most seconds that it may take (30); then it is ended."),
    ])

    public init() {}

    public func prepare(_ wanted: AccessRequest, checkpoint: GrantCheckpoint) async throws -> Credentials {
        let command = wanted.options["command"]?.strings ?? []
        guard let program = command.first, program.hasPrefix("/") else {
            throw SpawnError(
                .invalidRequest,
                "the authenticator's 'command' begins with '\((command.first ?? "").excerpt)'; name a program by its whole "
                    + "path")
        }
        var grant = ProgramGrant(
            command: command, timeout: wanted.options["timeout"]?.doubleValue ?? 30, session: wanted.session,
            identity: wanted.identity, machines: wanted.machines, answer: nil)
        // What the program does before it answers is undone by the session's name.
        try await checkpoint(Grant(grant, by: Self.kind))
        await checkpoint.report("making the way in to the machine")
        let answer = try await run(
            grant, "prepare",
            [
                "data": wanted.options["data"] ?? [:],
                "lifetime_minutes": wanted.lifetime.minutes.map { .integer($0) } ?? nil,
                "most_lifetime_minutes": wanted.lifetime.maximum.map { .integer($0) } ?? nil,
            ])
        if let kept = answer["grant"] {
            grant.answer = kept
            try await checkpoint(Grant(grant, by: Self.kind))
        }
        return try credentials(answer, program)
    }

    public func cleanup(_ grant: Grant) async throws {
        let grant: ProgramGrant = try grant.decode()
        _ = try await run(grant, "cleanup", ["grant": grant.answer ?? nil])
    }

    public func examine(_ options: JSONValue, machines: [MachineAddress]) async -> [Finding] {
        let program = options["command"]?.strings.first ?? ""
        let subject = "authenticator \(program.excerpt)"
        guard program.hasPrefix("/"), access(program, X_OK) == 0 else {
            return [
                Finding(
                    .failed, subject, "there is no such program; name one by its whole path, and make it executable")
            ]
        }
        return [Finding(.ok, subject, "it is there")]
    }

    /// What the program may answer to `prepare`; nothing is required.
    static let answer = ObjectShape([
        Field("account", .string, "The account on the machine."),
        Field("key_file", .string, "The path of an OpenSSH private key."),
        Field("public_key", .string, "Its public half, as a line of authorized_keys."),
        Field("certificate_file", .string, "The path of its certificate."),
        Field("password", .string, "A password for the account."),
        Field("known_hosts_file", .string, "The path of a file with the keys of the machines."),
        Field("grant", .anything, "What 'cleanup' is given. It is kept on disk: no secret belongs in it."),
    ])

    private func credentials(_ answer: JSONValue, _ program: String) throws(SpawnError) -> Credentials {
        let account = answer["account"]?.filledString
        if let account { try SSHAuthenticatorOptions.checkAccount(account) }
        func path(_ key: String) throws(SpawnError) -> String? {
            guard let path = answer[key]?.filledString else { return nil }
            guard path.hasPrefix("/") else {
                throw SpawnError(
                    .backendFailed, "the authenticator '\(program.excerpt)' answered a '\(key)' that is no whole path")
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

public import MultipleSpawner
import Transport

/// Prepares a machine with Ansible playbooks, by an `ansible-playbook` process of its own.
///
/// Nothing of the account's own configuration decides what it does: inventory, `ssh` and plug-ins are ours, and are gone when
/// it ends. The machine has to be known by its host key.
public struct AnsibleConfigurer: Configurer {
    public static let kind: ConfigurerKind = "ansible"
    /// Our own name first; then the original's.
    public static let classes = ["multiplespawner.Ansible", "corc.configurer.AnsibleConfigurer"]
    public static let options = AnsibleOptions.shape

    /// Where playbooks are looked for.
    let directory: String
    let stateDirectory: String
    let environment: [String: String]

    /// - Parameters:
    ///   - directory: of playbooks; the environment's MULTIPLE_SPAWNER_CONFIGURER_RESOURCES_PATH goes before it, and
    ///     `~/.multiplespawner/playbooks` is it when not given.
    ///   - stateDirectory: the daemon's, for its `known_hosts`.
    ///   - environment: PATH, HOME, and where Ansible finds roles and collections (ANSIBLE_ROLES_PATH,
    ///     ANSIBLE_COLLECTIONS_PATH, ANSIBLE_VAULT_PASSWORD_FILE).
    public init(directory: String? = nil, stateDirectory: String, environment: [String: String]) {
        self.stateDirectory = stateDirectory
        self.directory = ResourceDirectory.path(directory, environment: environment)
        self.environment = environment
    }

    public func apply(_ wanted: Preparation, checkpoint: TraceCheckpoint) async throws {
        let (options, run) = try await run(wanted)
        if let cleanup = options.cleanup {
            try await checkpoint(Trace(try await self.cleanup(cleanup, after: run, wanted), by: Self.kind))
        }
        await checkpoint.report("preparing the machine")
        try await program.execute(run, password: Self.password(wanted.credentials)) { await checkpoint.report($0) }
    }

    public func cleanup(_ trace: Trace, through shell: any RemoteShell) async throws {
        try await program.execute(try trace.decode()) { _ in }
    }

    public func digest(of wanted: Preparation) async throws -> String? {
        let (options, run) = try await run(wanted)
        guard !options.isForced else { return nil }
        var parts = wanted.options.objectValue ?? [:]
        for key in ["force", "time_limit", "ansible_playbook", "known_hosts", "cleanup"] { parts[key] = nil }
        guard let contents = try await PlaybookContents(run.playbooks, inventory: run.inventory).digest() else {
            return nil
        }
        return try await wanted.digest(of: [
            "options": .object(parts), "contents": .string(contents), "machine": .string("\(run.host) \(run.port)"),
            "account": .string(run.account ?? ""),
        ])
    }

    var program: AnsibleProgram {
        AnsibleProgram(environment: RunEnvironment(inherited: environment, playbooks: directory))
    }

    /// What is run for these wishes, everything checked and found.
    private func run(_ wanted: Preparation) async throws -> (AnsibleOptions, PlaybookRun) {
        // Only the variables are for what a placeholder brings in.
        try wanted.requireWritten("apply_kwargs")
        try wanted.requireWritten("host_settings", "group")
        for key in ["inventory_path", "ansible_playbook", "known_hosts"] { try wanted.requireWritten(key) }
        try wanted.requireWritten("cleanup", "playbook_paths")
        let options = try AnsibleOptions(wanted.options)
        let written = wanted.written["host_variables"]
        try HostVariables.check(options.variables, written: written)
        let account = wanted.credentials?.account ?? wanted.account
        if options.variables["ansible_user"] == nil, options.variables["ansible_ssh_user"] == nil {
            guard let account else {
                throw SpawnError(
                    .invalidRequest, "no account on \(wanted.machine) is known; set 'ansible_user' in 'host_variables'")
            }
            try HostVariables.checkAccount(account, "ansible_user")
        }
        let machine = MachineAddress(host: wanted.machine.host, port: options.port ?? wanted.machine.port)
        guard KnownHostsFile.takes(machine.host, port: machine.port) else {
            throw SpawnError(.invalidRequest, "'\(machine)' is no machine; give a name or an address, and a port")
        }
        let seconds = min(options.timeLimit ?? wanted.limit, wanted.limit).inSeconds
        return (
            options,
            PlaybookRun(
                program: try await find(options.program), playbooks: try await find(options.playbooks),
                inventory: try await inventory(options.inventory), group: options.group, host: machine.host,
                port: machine.port, account: account, keyFile: wanted.credentials?.keyFile,
                certificateFile: wanted.credentials?.certificateFile,
                knownHosts: try knownHosts(options, wanted.credentials), variables: options.variables,
                written: written ?? [:], timeLimit: seconds)
        )
    }

    /// The run that undoes it. It is kept on disk, so nothing secret is in it.
    private func cleanup(
        _ cleanup: AnsibleOptions.Cleanup, after run: PlaybookRun, _ wanted: Preparation
    ) async throws -> PlaybookRun {
        let written = wanted.written["cleanup"]?["host_variables"]
        try HostVariables.check(cleanup.variables, written: written)
        var undo = run
        undo.playbooks = try await find(cleanup.playbooks)
        // How the machine is reached is the same.
        let reached = run.variables.filter { $0.key.hasPrefix("ansible_") }
        undo.variables = reached.merging(cleanup.variables) { _, own in own }
        undo.written = .object(
            reached.compactMapValues { $0 }.filter { run.written[$0.key] == $0.value }
                .merging(written?.objectValue ?? [:]) { _, own in own })
        try Self.checkCleanup(undo.variables, written: undo.written)
        if Self.password(wanted.credentials) != nil {
            throw SpawnError(
                .invalidRequest,
                "'cleanup' needs a way in that is still there when the server was stopped, and a password is not kept; use "
                    + "a key")
        }
        return undo
    }

    /// - Throws: `invalid_request` for a variable whose value is a secret: `cleanup` has it only where it is kept.
    static func checkCleanup(_ variables: [String: JSONValue], written: JSONValue) throws(SpawnError) {
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) where HiddenTexts.looksSecret(name) {
            // A template that reads it from somewhere is none.
            if let text = value.stringValue, written[name]?.stringValue == text, HostVariables.isTemplate(text) {
                continue
            }
            throw SpawnError(
                .invalidRequest,
                "'cleanup' needs '\(name.excerpt)', which is a secret and is not kept; let it be read where it is used, with "
                    + "{{ lookup('file', …) }}")
        }
    }

    private static func password(_ credentials: Credentials?) -> Secret? {
        credentials?.keyFile == nil ? credentials?.password : nil
    }

    // MARK: Files

    func find(_ program: String?) async throws -> String {
        let path = try program.map { try HubFile($0, in: "/usr/bin", home: environment["HOME"]).path }
        return try await self.program.find(path)
    }

    /// The playbooks by their whole paths.
    ///
    /// - Throws: `not_found` for one that is not there, with where it was looked for.
    func find(_ playbooks: [String]) async throws -> [String] {
        let files = try playbooks.map { try HubFile($0, in: directory, home: environment["HOME"]) }
        for (file, playbook) in zip(files, playbooks) where await !FileWork.run({ file.isThere }) {
            throw SpawnError(
                .notFound,
                "there is no playbook '\(playbook.excerpt)' that can be read: it was looked for at "
                    + ProgramWords.line(file.path))
        }
        return files.map(\.path)
    }

    /// The files that may know the machine: the session's own first, then those that the backend looks at too.
    private func knownHosts(_ options: AnsibleOptions, _ credentials: Credentials?) throws -> [String] {
        let named = try options.knownHosts.map { try HubFile($0, in: stateDirectory, home: environment["HOME"]).path }
        var usual = ["\(stateDirectory)/known_hosts", "/etc/ssh/ssh_known_hosts"]
        if let home = environment["HOME"], home.hasPrefix("/") { usual.insert("\(home)/.ssh/known_hosts", at: 1) }
        return (credentials?.knownHostsFile.map { [$0] } ?? []) + (named.isEmpty ? usual : named)
    }

    func inventory(_ path: String?) async throws -> String? {
        guard let path else { return nil }
        let file = try HubFile(path, in: directory, home: environment["HOME"])
        guard await FileWork.run({ file.isReadable }) else {
            throw SpawnError(.notFound, "there is no inventory '\(ProgramWords.line(file.path))' that can be read")
        }
        return file.path
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

import MultipleSpawner

/// What a template says about servers on other machines, read from options that were checked against `shape`.
struct SSHOptions: Sendable {
    enum Connect: String, Sendable {
        case tunnel, direct
    }

    var hosts: [SSHHost]
    var choice: HostChoice
    /// What the user chose from them.
    var chosenHost: String?
    var connect: Connect
    var directAddress: String?
    var user: String?
    var keyFile: String?
    var certificate: String?
    var agent: String?
    var knownHosts: [String]
    var acceptsNew: Bool
    var jumps: [SSHAddress]
    var port: Int
    var command: [String]?
    var arguments: [String]
    var environment: [String: String]
    var notebookDirectory: String?
    var path: String?
    var condaEnvironment: String?
    var preStart: [String]
    var address: String?
    var serverPort: Int?
    var portCommand: String?
    var base: String
    var memoryLimit: Int?
    var cpuLimit: Double?
    var limits: LimitsHold
    var stopGrace: Double?
    var hub: SSHHubOptions

    static let usualBase = "~/.multiplespawner"

    /// - Throws: `invalid_request` that names the option.
    init(_ options: JSONValue) throws(SpawnError) {
        let reader = OptionReader(options)
        port = reader.number("ssh_port") ?? 22
        var hosts: [SSHHost] = []
        for entry in options["hosts"]?.arrayValue ?? [] { hosts.append(try SSHHost(entry)) }
        self.hosts = hosts
        choice = reader.text("host_choice").flatMap(HostChoice.init) ?? .random
        chosenHost = reader.text("chosen_host")
        connect = reader.text("connect").flatMap(Connect.init) ?? .tunnel
        directAddress = reader.text("remote_ip")
        user = reader.text("user")
        keyFile =
            reader.text("ssh_keyfile") ?? options["ssh_forward_credentials_paths"]?["private_key_file"]?.stringValue
        certificate = reader.text("ssh_certificate")
        agent = reader.text("ssh_agent")
        knownHosts = reader.list("known_hosts") ?? []
        acceptsNew = reader.text("host_keys") == "accept-new"
        var jumps: [SSHAddress] = []
        for entry in reader.list("jump") ?? [] { jumps.append(try SSHAddress(entry)) }
        self.jumps = jumps
        command = reader.list("cmd")
        arguments = reader.list("args") ?? []
        environment = reader.texts("environment") ?? [:]
        notebookDirectory = reader.text("notebook_dir")
        path = reader.text("path")
        condaEnvironment = reader.text("conda_env")
        preStart = reader.list("pre_start") ?? []
        address = reader.text("ip")
        serverPort = reader.number("port").flatMap { $0 == 0 ? nil : $0 }
        portCommand = reader.text("remote_port_command")
        base = reader.text("session_directory") ?? Self.usualBase
        memoryLimit = reader.number("mem_limit").flatMap { $0 > 0 ? $0 : nil }
        cpuLimit = options["cpu_limit"]?.doubleValue.flatMap { $0 > 0 ? $0 : nil }
        limits = reader.text("limits").flatMap(LimitsHold.init) ?? .auto
        stopGrace = options["stop_grace"]?.doubleValue
        hub = try SSHHubOptions(reader, connect: connect)
        try check()
    }

    private func check() throws(SpawnError) {
        let texts =
            [base, notebookDirectory, path, condaEnvironment, portCommand, address, directAddress].compactMap { $0 }
            + arguments + preStart + (command ?? []) + environment.values
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw SpawnError(.invalidRequest, "an option holds a NUL byte; remove it")
        }
        guard base.hasPrefix("/") || base == "~" || base.hasPrefix("~/"),
            !base.utf8.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) }),
            !base.unicodeScalars.contains(where: \.isControl)
        else {
            throw SpawnError(
                .invalidRequest,
                "'session_directory' is '\(base.excerpt)'; write a path that begins with '/' or '~/', without '..'")
        }
    }

    /// The machines in question, where there are any.
    ///
    /// - Throws: `invalid_request` where the options name none, or not the chosen one.
    func candidates() throws(SpawnError) -> [SSHHost] {
        guard !hosts.isEmpty else {
            throw SpawnError(.invalidRequest, "the template names no machine; list them in 'hosts'")
        }
        guard let chosenHost else { return hosts }
        let chosen = hosts.filter { $0.address.host == chosenHost || $0.text == chosenHost }
        guard !chosen.isEmpty else {
            throw SpawnError(
                .forbidden,
                "the machine '\(chosenHost.excerpt)' is not offered; choose one of "
                    + hosts.map { "'\($0.text.excerpt)'" }.joined(separator: ", "))
        }
        return chosen
    }
}

import MultipleSpawner

/// The variables of a server on another machine.
struct SSHEnvironment: Sendable, Withheld {
    private(set) var variables: [String: String]
    let service: ServiceURL

    /// What a hub gives servers of its own machine and account: on another one it has no meaning.
    private static let localVariables = ServiceEnvironment.localVariables.subtracting([
        "LANG", "LC_ALL", "JUPYTERHUB_SINGLEUSER_APP",
    ])
    .union(["HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TMP", "TEMP", "PWD", "XDG_RUNTIME_DIR"])

    /// The later wins: the hub's variables, the template's, and what only the start knows.
    ///
    /// - Parameter hubPort: the port of the machine that leads to the hub.
    init(
        _ plan: SessionPlan, _ options: SSHOptions, address: String, hubPort: Int?
    ) throws(SpawnError) {
        variables = plan.environment.filter { !Self.localVariables.contains($0.key) }.mapValues { $0.reveal() }
        options.hub.rewrite(&variables, port: hubPort)
        if let directory = options.notebookDirectory ?? plan.settings.notebookDirectory, directory.hasPrefix("/") {
            variables["JUPYTERHUB_ROOT_DIR"] = directory
        }
        for (name, value) in options.environment.sorted(by: { $0.key < $1.key }) {
            guard !ServiceEnvironment.belongsToHub(name) else {
                throw SpawnError(
                    .invalidRequest, "'environment' sets '\(name.excerpt)', which the hub alone decides; remove it")
            }
            variables[name] = value
        }
        service = ServiceURL(
            hubURL: variables["JUPYTERHUB_SERVICE_URL"], prefix: variables["JUPYTERHUB_SERVICE_PREFIX"],
            address: address, port: 1)
        // Only the machine knows the port.
        variables["JUPYTERHUB_SERVICE_URL"] = nil
        for name in ["JUPYTERHUB_SSL_KEYFILE", "JUPYTERHUB_SSL_CERTFILE", "JUPYTERHUB_SSL_CLIENT_CA"]
        where plan.certificates != nil || variables[name]?.isEmpty == true { variables[name] = nil }
        if let memory = options.memoryLimit(over: plan) { variables["MEM_LIMIT"] = String(memory) }
        if let cpu = options.cpuLimit(over: plan) { variables["CPU_LIMIT"] = String(cpu) }
        try check()
    }

    /// The server's URL before its port and after it.
    var url: (String, String) {
        let host = service.address.contains(":") ? "[\(service.address)]" : service.address
        return (
            "\(service.scheme.rawValue)://\(host):", service.path.hasPrefix("/") ? service.path : "/\(service.path)"
        )
    }

    /// `export NAME='value'`, as a shell reads it.
    var exports: String {
        variables.sorted { $0.key < $1.key }.map { "export \($0.key)=\(ShellQuote.quoted($0.value))" }
            .joined(separator: "\n")
    }

    /// A shell takes a name that is none for a command. Values are never shown.
    private func check() throws(SpawnError) {
        for (name, value) in variables {
            let isName = name.utf8.enumerated().allSatisfy { position, byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                    true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): position > 0
                default: false
                }
            }
            guard isName, !name.isEmpty else {
                throw SpawnError(
                    .invalidRequest,
                    "the variable '\(name.excerpt)' has a name that no shell takes; use letters, digits and '_'")
            }
            guard !value.utf8.contains(0) else {
                throw SpawnError(.invalidRequest, "the variable '\(name.excerpt)' holds a NUL byte; remove it")
            }
        }
        guard !service.path.utf8.contains(where: { $0 < 0x21 || $0 == UInt8(ascii: "'") }) else {
            throw SpawnError(.invalidRequest, "the server's URL holds a character that no URL has")
        }
    }
}

extension SSHOptions {
    /// The template's limit wins over the hub's; what the user chose may only be less.
    func memoryLimit(over plan: SessionPlan) -> Int? {
        LocalOptions.limit(memoryLimit, chosen: plan.limits.memory, hub: plan.settings.memoryLimit)
    }

    func cpuLimit(over plan: SessionPlan) -> Double? {
        LocalOptions.limit(cpuLimit, chosen: plan.limits.cpu, hub: plan.settings.cpuLimit)
    }
}

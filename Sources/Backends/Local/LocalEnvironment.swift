import MultipleSpawner

/// The variables of a local server. Nothing of the daemon's own environment is among them.
struct LocalEnvironment: Sendable {
    /// What a login has where the hub names none.
    static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    private(set) var variables: [String: String]
    let service: ServiceURL

    /// The later wins: the hub's variables, the account's, the template's, and what only the start knows.
    init(
        _ plan: SessionPlan, _ options: LocalOptions, _ place: LocalPlace, address: String, port: Int,
        kind: BackendKind, owner: String
    ) throws(SpawnError) {
        let secrets = plan.environment
        variables = secrets.mapValues { $0.reveal() }
        if (variables["PATH"] ?? "").isEmpty { variables["PATH"] = Self.defaultPath }
        variables["USER"] = place.userName
        variables["LOGNAME"] = place.account?.name ?? place.userName
        variables["HOME"] = place.home
        variables["SHELL"] = place.shell
        if options.notebookDirectory != nil { variables["JUPYTERHUB_ROOT_DIR"] = place.notebookDirectory }
        variables.merge(options.environment) { _, template in template }

        service = ServiceURL(
            hubURL: variables["JUPYTERHUB_SERVICE_URL"], prefix: variables["JUPYTERHUB_SERVICE_PREFIX"],
            address: address, port: port)
        variables["JUPYTERHUB_SERVICE_URL"] = service.text
        variables.merge(SessionLabels.variables(of: plan, kind: kind, owner: owner)) { _, label in label }
        try check()
    }

    /// Tells the server its limits, as JupyterHub names them.
    mutating func set(memoryLimit: Int?, cpuLimit: Double?) {
        if let memoryLimit { variables["MEM_LIMIT"] = String(memoryLimit) }
        if let cpuLimit { variables["CPU_LIMIT"] = String(cpuLimit) }
    }

    /// `NAME=value`, in a steady order.
    var entries: [String] {
        variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    /// A NUL would cut a value short, and an `=` in a name would make it another one. Values are never shown.
    private func check() throws(SpawnError) {
        for (name, value) in variables {
            guard !name.isEmpty, !name.utf8.contains(0), !name.utf8.contains(UInt8(ascii: "=")) else {
                throw SpawnError(
                    .invalidRequest,
                    "the environment's name '\(name.excerpt)' is empty or holds '=' or NUL; rename the variable")
            }
            guard !value.utf8.contains(0) else {
                throw SpawnError(
                    .invalidRequest, "the environment's '\(name.excerpt)' holds a NUL byte; remove it")
            }
        }
    }
}

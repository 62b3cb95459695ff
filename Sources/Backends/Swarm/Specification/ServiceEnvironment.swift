import MultipleSpawner

/// The variables of a container. From the weakest to the strongest:
///
/// 1. `container_spec.env`: the template's, the image's, a user's
/// 2. the hub's, with the old `JPY_*` names beside the new ones
/// 3. `environment`, `notebook_dir`, `default_url` of the template
/// 4. `env` of the image
/// 5. what says whose server it is and where: nobody may change that
struct ServiceEnvironment: Sendable, Withheld {
    private(set) var variables: [String: String]

    /// What a hub on one machine gives servers of its own process: none of it has a meaning in an image.
    static let localVariables: Set<String> = [
        "JUPYTERHUB_SINGLEUSER_APP", "PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "VIRTUAL_ENV",
        "CONDA_ROOT", "CONDA_DEFAULT_ENV",
    ]

    /// The variable that names the file with the token, where the token is a Docker secret.
    static let tokenFile = "JUPYTERHUB_API_TOKEN_FILE"

    init(_ plan: SessionPlan, _ options: SwarmOptions, leases: [AcceleratorLease] = []) throws(SpawnError) {
        let hub = Self.hub(plan, options)
        variables = options.environment.container.variables
        variables.merge(hub) { $1 }
        try Self.check(options.environment.template, "'environment'")
        variables.merge(options.environment.template.variables) { $1 }
        if let directory = options.notebookDirectory { variables["JUPYTERHUB_ROOT_DIR"] = directory }
        if let url = options.defaultURL { variables["JUPYTERHUB_DEFAULT_URL"] = url }
        try Self.check(options.environment.image, "'env' of the image '\(options.imageName.excerpt)'")
        variables.merge(options.environment.image.variables) { $1 }
        // A variable that the hub does not set must not come from below either.
        for name in variables.keys where Self.belongsToHub(name) { variables[name] = hub[name] }
        if !leases.isEmpty {
            variables["NVIDIA_VISIBLE_DEVICES"] = leases.map(\.device).joined(separator: ",")
        }
        try check()
    }

    /// Tells the server its limits, as JupyterHub names them.
    mutating func set(_ resources: ResourceRequirements?) {
        if let memory = resources?.limits?.memory { variables["MEM_LIMIT"] = String(memory) }
        if let memory = resources?.reservations?.memory { variables["MEM_GUARANTEE"] = String(memory) }
        if let cpu = resources?.limits?.nanoCPUs { variables["CPU_LIMIT"] = String(Double(cpu) / 1e9) }
        if let cpu = resources?.reservations?.nanoCPUs { variables["CPU_GUARANTEE"] = String(Double(cpu) / 1e9) }
    }

    /// Takes the token out: it travels as a secret.
    mutating func moveToken(to path: String) {
        for name in ["JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN"] { variables[name] = nil }
        variables[Self.tokenFile] = path
    }

    /// Where the server finds its certificates, whose paths on the hub's machine mean nothing in a container.
    mutating func setCertificates(_ paths: [String: String]) {
        variables.merge(paths) { $1 }
    }

    /// `NAME=value`, in a steady order.
    var entries: [String] {
        variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    /// Whether a variable says whose server this is, or where its hub is. What a server is to look like may be said
    /// by others.
    static func belongsToHub(_ name: String) -> Bool {
        (name.hasPrefix("JUPYTERHUB_") || name.hasPrefix("JPY_")) && !preferences.contains(name)
    }

    private static let preferences: Set<String> = [
        "JUPYTERHUB_SINGLEUSER_APP", "JUPYTERHUB_SINGLEUSER_EXTENSION", "JUPYTERHUB_ROOT_DIR",
        "JUPYTERHUB_DEFAULT_URL", "JUPYTERHUB_DEBUG", "JUPYTERHUB_DISABLE_USER_CONFIG",
    ]

    // MARK: The hub's variables

    private static func hub(_ plan: SessionPlan, _ options: SwarmOptions) -> [String: String] {
        var hub = plan.environment.filter { !localVariables.contains($0.key) }.mapValues { $0.reveal() }
        if let name = options.hubServiceName {
            for variable in ["JUPYTERHUB_API_URL", "JUPYTERHUB_ACTIVITY_URL"] {
                hub[variable] = hub[variable].map { HubURL.replacingHost(of: $0, with: name) }
            }
        }
        hub["JUPYTERHUB_SERVICE_URL"] =
            ServiceURL(
                hubURL: hub["JUPYTERHUB_SERVICE_URL"], prefix: hub["JUPYTERHUB_SERVICE_PREFIX"],
                address: options.address, port: options.port
            ).text
        // What images of older times look for.
        for (old, new) in legacyNames where hub[old] == nil || old == "JPY_HUB_API_URL" {
            hub[old] = hub[new]
        }
        hub["JPY_HUB_PREFIX"] = hub["JPY_HUB_PREFIX"] ?? hub["JUPYTERHUB_BASE_URL"].map { $0 + "hub/" }
        return hub.mapValues { DockerTemplate.literal($0) }
    }

    private static let legacyNames = [
        ("JPY_API_TOKEN", "JUPYTERHUB_API_TOKEN"), ("JPY_USER", "JUPYTERHUB_USER"),
        ("JPY_COOKIE_NAME", "JUPYTERHUB_CLIENT_ID"), ("JPY_BASE_URL", "JUPYTERHUB_SERVICE_PREFIX"),
        ("JPY_HUB_API_URL", "JUPYTERHUB_API_URL"),
    ]

    // MARK: Checks

    private static func check(_ list: EnvironmentList, _ place: String) throws(SpawnError) {
        if let name = list.variables.keys.sorted().first(where: belongsToHub) {
            throw SpawnError(
                .invalidRequest,
                "\(place) sets '\(name.excerpt)', which the hub alone decides; remove it (the hub's address is set by "
                    + "'jupyterhub_service_name', the server's port by 'service_port')")
        }
    }

    /// A NUL would cut a value short, and an `=` in a name would make it another one. Values are never shown.
    private func check() throws(SpawnError) {
        for (name, value) in variables {
            guard !name.isEmpty, !name.utf8.contains(0), !name.utf8.contains(UInt8(ascii: "=")),
                !value.utf8.contains(0)
            else {
                throw SpawnError(
                    .invalidRequest,
                    "the variable '\(name.excerpt)' has a name that is empty or holds '=', or a value that holds NUL; "
                        + "rename or mend it")
            }
        }
    }
}

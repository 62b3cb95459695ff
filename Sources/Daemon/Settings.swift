import Configuration
import MultipleSpawner

/// How the daemon runs: the command line first, then `MULTIPLE_SPAWNER_*`, then the settings file.
struct Settings: Sendable {
    var socket: String
    var socketMode: UInt32
    var socketGroup: String?
    var allowedUIDs: [UInt32]
    var stateDirectory: String
    var templates: String?
    var deployments: String?
    var providers: String?
    var playbooks: String?
    /// What machines call this one, for configurers.
    var publicAddress: String?
    var listen: String?
    var tlsCertificate: String?
    var tlsKey: String?
    var tokenFile: String?
    var logLevel: String
    var concurrentStarts: Int
    var grace: Duration
    var abandonedAfter: Duration
    var abandonedStartAfter: Duration
    var docker: DockerSettings
    /// Who may have how much.
    var quotas: QuotaRules
    /// For how many days it is kept what sessions used.
    var usageDays: Int

    /// Where each setting comes from: its key in the settings file, and the rest of its environment variable's name
    /// after `MULTIPLE_SPAWNER_`.
    enum Key: String, CaseIterable {
        case socket, playbooks, listen, templates, deployments, providers
        case socketMode = "socket_mode"
        case socketGroup = "socket_group"
        case allowedUIDs = "allowed_uids"
        case stateDirectory = "state_dir"
        case publicAddress = "public_address"
        case tlsCertificate = "tls_certificate"
        case tlsKey = "tls_key"
        case tokenFile = "token_file"
        case logLevel = "log_level"
        case concurrentStarts = "concurrent_starts"
        case grace = "stop_grace"
        case abandonedAfter = "abandoned_after"
        case abandonedStartAfter = "abandoned_start_after"
        case usageDays = "usage_days"
        case dockerHost = "docker_host"
        case dockerTLSAuthorities = "docker_tls_ca"
        case dockerTLSCertificate = "docker_tls_cert"
        case dockerTLSKey = "docker_tls_key"
        case dockerConfiguration = "docker_config"

        /// The originals' names where they have one.
        var environmentName: String {
            switch self {
            case .templates: "template_file"
            case .deployments: "deployment_file"
            case .providers: "providers_file"
            case .playbooks: "configurer_resources_path"
            default: rawValue
            }
        }

        /// The way to it in the settings file.
        var path: [String] {
            switch self {
            case .dockerTLSAuthorities: ["docker_tls", "ca"]
            case .dockerTLSCertificate: ["docker_tls", "cert"]
            case .dockerTLSKey: ["docker_tls", "key"]
            default: [rawValue]
            }
        }

        var key: AbsoluteConfigKey {
            AbsoluteConfigKey(["multiple", "spawner"] + environmentName.split(separator: "_").map(String.init))
        }
    }

    private static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    /// What the settings file may hold for a number holds for the other places too.
    private static func range(of key: Key) -> ClosedRange<Int> {
        guard case .integer(let range)? = shape.fields.first(where: { $0.name == key.rawValue })?.shape else {
            return 0...Int.max
        }
        return range
    }

    /// The keys of the settings file.
    static let shape = ObjectShape(
        [
            Field("socket", .path, "the unix socket of the daemon"),
            Field("socket_mode", .string, "the mode of the socket in octal, 0600 unless said otherwise"),
            Field("socket_group", .string, "the group that the socket belongs to"),
            Field(
                "allowed_uids", .list(.integer(0...4_294_967_294)),
                "accounts that may use the socket besides the daemon's own"),
            Field("state_dir", .path, "the directory of journal, logs and keys"),
            Field("templates", .path, "the file of templates"),
            Field("deployments", .path, "the file of deployments"),
            Field("providers", .path, "the file of providers"),
            Field("playbooks", .path, "the directory of playbooks"),
            Field("public_address", .string, "what other machines call this one; its first address, when not given"),
            Field("listen", .string, "HOST:PORT for TLS connections"),
            Field("tls_certificate", .path, "the certificate chain, PEM"),
            Field("tls_key", .path, "the certificate's key, PEM"),
            Field("token_file", .path, "tokens of hubs, one a line: TOKEN, or HUB TOKEN"),
            Field(
                "log_level", .choice(logLevels),
                "how much is logged"),
            Field("concurrent_starts", .integer(1...100_000), "how many starts run at a time"),
            Field("stop_grace", .integer(0...3600), "seconds that a server has to end by itself"),
            Field(
                "abandoned_after", .integer(1...315_360_000),
                "seconds after which a session that no hub asks after is ended"),
            Field(
                "abandoned_start_after", .integer(1...315_360_000),
                "the same for a session that its hub never took over"),
            Field("quotas", .object(QuotaRules.shape), "who may have how much"),
            Field("usage_days", .integer(31...36_500), "days for which it is kept what sessions used (400)"),
        ] + DockerSettings.fields)

    /// - Parameters:
    ///   - arguments: what the command line says.
    ///   - environment: the process's environment.
    ///   - file: the settings file, checked against `shape`.
    init(arguments: [Key: String], environment: [String: String], file: JSONValue) throws {
        let configured = ConfigReader(providers: [
            InMemoryProvider(name: "command line", values: Self.values { arguments[$0] }),
            EnvironmentVariablesProvider(environmentVariables: environment),
            InMemoryProvider(
                name: "settings file",
                values: Self.values { key in
                    key.path.reduce(JSONValue?.some(file)) { $0?[$1] }?.settingText
                }),
        ])
        func text(_ key: Key) -> String? {
            let found = configured.string(forKey: ConfigKey(key.key.components))
            return found.flatMap { $0.isEmpty ? nil : $0 }
        }
        func path(_ key: Key) -> String? {
            text(key).map { $0.expandingTilde(home: environment["HOME"]) }
        }
        func number(_ key: Key, _ value: Int) throws -> Int {
            guard let given = text(key) else { return value }
            let range = Self.range(of: key)
            guard let number = Int(given), range.contains(number) else {
                throw SpawnError(
                    .invalidRequest,
                    "\(key.rawValue) is '\(given.excerpt)'; give a whole number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return number
        }
        let base = "~/.multiplespawner".expandingTilde(home: environment["HOME"])
        stateDirectory = path(.stateDirectory) ?? base + "/state"
        socket = path(.socket) ?? stateDirectory + "/multiplespawner.sock"
        socketGroup = text(.socketGroup)
        let mode = text(.socketMode) ?? "0600"
        guard let octal = UInt32(mode, radix: 8), octal <= 0o777 else {
            throw SpawnError(.invalidRequest, "socket_mode is '\(mode.excerpt)'; give an octal mode such as 0660")
        }
        socketMode = octal
        allowedUIDs = try (text(.allowedUIDs) ?? "").split(separator: ",").map { part in
            guard let uid = UInt32(part) else {
                throw SpawnError(.invalidRequest, "allowed_uids holds '\(String(part).excerpt)'; give numeric uids")
            }
            return uid
        }
        templates = path(.templates)
        deployments = path(.deployments)
        providers = path(.providers)
        playbooks = path(.playbooks)
        publicAddress = text(.publicAddress)
        listen = text(.listen)
        tlsCertificate = path(.tlsCertificate)
        tlsKey = path(.tlsKey)
        tokenFile = path(.tokenFile)
        logLevel = text(.logLevel) ?? "info"
        guard Self.logLevels.contains(logLevel) else {
            throw SpawnError(
                .invalidRequest,
                "log_level is '\(logLevel.excerpt)'; choose one of \(Self.logLevels.joined(separator: ", "))")
        }
        concurrentStarts = try number(.concurrentStarts, 100)
        grace = .seconds(try number(.grace, 10))
        abandonedAfter = .seconds(try number(.abandonedAfter, 86_400))
        abandonedStartAfter = .seconds(try number(.abandonedStartAfter, 600))
        quotas = QuotaRules(bound: file["quotas"])
        usageDays = try number(.usageDays, 400)
        docker = try DockerSettings(text: text, file: file, home: environment["HOME"])
    }

    private static func values(_ value: (Key) -> String?) -> [AbsoluteConfigKey: ConfigValue] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for key in Key.allCases {
            if let text = value(key) { values[key.key] = ConfigValue(.string(text), isSecret: false) }
        }
        return values
    }
}

extension JSONValue {
    /// A scalar, or a list of scalars, as the environment would write it.
    fileprivate var settingText: String? {
        switch self {
        case .string(let value): value
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .bool(let value): String(value)
        case .array(let values): values.compactMap(\.settingText).joined(separator: ",")
        case .null, .object: nil
        }
    }
}

extension String {
    /// `~` and `~/…` in the home directory.
    func expandingTilde(home: String?) -> String {
        guard let home, self == "~" || hasPrefix("~/") else { return self }
        return home + dropFirst()
    }
}

import MultipleSpawner

/// What a template may say about a local server, read from options that were checked against `shape`.
struct LocalOptions: Sendable {
    var command: [String]?
    var arguments: [String]
    var environment: [String: String]
    var notebookDirectory: String?
    var workingDirectory: String?
    var homeDirectory: String?
    var address: String?
    var port: Int?
    var memoryLimit: Int?
    var cpuLimit: Double?
    var shellCommand: [String]
    var switchesAccount: Bool
    var leastUID: Int
    var allowsRoot: Bool
    var interruptTimeout: Double?
    var termTimeout: Double?
    var killTimeout: Double?

    /// `switchesAccount` is what the template's class says when its options do not.
    init(_ options: JSONValue, switchesAccount: Bool) {
        command = options["cmd"]?.strings
        arguments = options["args"]?.strings ?? []
        environment = options["environment"]?.objectValue?.compactMapValues(\.text) ?? [:]
        notebookDirectory = options["notebook_dir"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        workingDirectory =
            (options["working_directory"] ?? options["popen_kwargs"]?["cwd"])?.stringValue
            .flatMap { $0.isEmpty ? nil : $0 }
        homeDirectory = options["home_dir_template"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        address = options["ip"]?.stringValue
        port = options["port"]?.integerValue
        memoryLimit = options["mem_limit"]?.integerValue.flatMap { $0 > 0 ? $0 : nil }
        cpuLimit = options["cpu_limit"]?.doubleValue.flatMap { $0 > 0 ? $0 : nil }
        shellCommand = options["shell_cmd"]?.strings ?? []
        self.switchesAccount = options["switch_user"]?.boolValue ?? switchesAccount
        leastUID = options["least_uid"]?.integerValue ?? 1000
        allowsRoot = options["allow_root"]?.boolValue ?? false
        interruptTimeout = options["interrupt_timeout"]?.doubleValue
        termTimeout = options["term_timeout"]?.doubleValue
        killTimeout = options["kill_timeout"]?.doubleValue
    }

    private static let seconds = Shape.number(0...86_400)

    /// The declaration. The names are those of JupyterHub's local spawners where they have one.
    static let shape = ObjectShape([
        Field(
            "cmd", .list(.string), aliases: ["command"],
            "The server's program with its arguments, instead of the hub's."),
        Field("args", .list(.string), "Further arguments, after the command."),
        Field("environment", .map(.string), "Variables of the server, over those of the hub."),
        Field("notebook_dir", .path, "Where the server's files are; it starts there."),
        Field("working_directory", .path, aliases: ["cwd"], "Where the process starts; its files stay where they are."),
        Field(
            "home_dir_template", .path, aliases: ["home_dir"],
            "The server's HOME, made when it is missing: `/tmp/{username}`. Without account switch only."),
        Field("ip", .string, "The address that the server binds to: 127.0.0.1 when nobody says another."),
        Field("port", .integer(0...65535), "The port of the server; 0 or nothing: a free one."),
        Field("mem_limit", .memory, "The most memory that the session may use."),
        Field("cpu_limit", .number(0...4096), "The most cores that the session may use."),
        Field("shell_cmd", .list(.string), "A shell that runs the command, as its last argument: `bash -l -c`."),
        Field("switch_user", .boolean, "Run as the system account with the user's name; needs root."),
        Field(
            "least_uid", .integer(0...4_294_967_294), "With switch_user: accounts below this uid are refused (1000)."),
        Field("allow_root", .boolean, "With switch_user: uid 0 may be switched to as well (false)."),
        Field("interrupt_timeout", seconds, "Seconds between an interrupt and TERM; none: no interrupt is sent."),
        Field("term_timeout", seconds, "The most seconds between TERM and KILL, within the hub's own grace."),
        Field("kill_timeout", seconds, "Seconds that a killed process may take to vanish (5)."),
        Field(
            "popen_kwargs", .object(ObjectShape([Field("cwd", .path, "As `working_directory`.")])),
            "Of Python's Popen, what has a meaning here."),
    ])
}

extension JSONValue {
    /// A list of strings; one string is a list of one.
    fileprivate var strings: [String]? {
        switch self {
        case .string(let value): value.isEmpty ? nil : [value]
        case .array(let values): values.isEmpty ? nil : values.compactMap(\.text)
        default: nil
        }
    }

    /// A scalar as an environment has it.
    fileprivate var text: String? {
        switch self {
        case .string(let value): value
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .bool(let value): value ? "True" : "False"
        default: nil
        }
    }
}

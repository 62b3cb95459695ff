import MultipleSpawner
import Transport

/// What a template may say about servers that a program starts, read from options that were checked against `shape`.
struct ExecOptions: Sendable {
    var place: ExecPlace
    var timeout: Double?
    var options: JSONValue
    var image: String?
    var command: [String]?
    var arguments: [String]
    var environment: [String: String]
    var notebookDirectory: String?
    var address: String?
    var port: Int?

    init(_ options: JSONValue) {
        place = ExecPlace(options)
        timeout = options["timeout"]?.doubleValue
        self.options = options["options"] ?? [:]
        image = options["image"]?.filled
        let words = options["cmd"]?.words ?? []
        command = words.isEmpty ? nil : words
        arguments = options["args"]?.words ?? []
        environment = options["environment"]?.objectValue?.compactMapValues(\.stringValue) ?? [:]
        notebookDirectory = options["notebook_dir"]?.filled
        address = options["ip"]?.filled
        port = options["port"]?.integerValue.flatMap { $0 > 0 ? $0 : nil }
    }

    static let shape = ObjectShape(
        PluginProgram.fields + [
            Field(
                "options", .map(.anything),
                "Values for the program, with the start alone: placeholders may stand in them, and secrets."),
            Field("image", .string, "The image that the server is to be of, where the program knows images."),
            Field("cmd", .list(.string), "The server's program with its arguments, instead of the hub's."),
            Field("args", .list(.string), "Further arguments, after the command."),
            Field("environment", .map(.string), "Variables of the server, over those of the hub."),
            Field("notebook_dir", .path, "Where the server's files are."),
            Field("ip", .string, "The address that the server is to bind to."),
            Field("port", .integer(0...65535), "The port of the server; 0 or nothing: the program chooses."),
        ])
}

extension JSONValue {
    /// Text that is not empty.
    fileprivate var filled: String? { stringValue.flatMap { $0.isEmpty ? nil : $0 } }
}

import MultipleSpawner

/// One line that a program says: a JSON object with one key, which tells what it is.
enum PluginLine: Sendable, Hashable {
    /// What a waiting user may read.
    case progress(String)
    /// What finds again what the program is about to make; it waits until that is on disk.
    case checkpoint(JSONValue)
    /// A piece of a server's log.
    case log(String)
    /// What came of it: the last line.
    case result(JSONValue)
    /// Why nothing came of it: the last line.
    case error(SpawnError.Code, String)

    static let shape = ObjectShape([
        Field("progress", .string, "What a waiting user may read."),
        Field(
            "checkpoint", .anything,
            "What finds again what is about to be made. The program waits for {\"saved\": true} before it makes it."),
        Field("log", .string, "A piece of a server's log, with its line ends; an answer to 'logs' alone."),
        Field("result", .map(.anything), "What came of it. Nothing may follow."),
        Field(
            "error",
            .object(
                ObjectShape([
                    Field(
                        "code", .choice(SpawnError.Code.allCases.map(\.rawValue)), required: true,
                        "What kind of failure it is: over_capacity, unavailable and timed_out may go better later."),
                    Field("message", .string, required: true, "What failed, and what to do: a user may read it."),
                ])),
            "Why nothing came of it. Nothing may follow."),
    ])

    /// - Throws: `backend_failed` that says what is wrong with the line, and shows nothing of it but keys.
    init(_ bytes: [UInt8]) throws(SpawnError) {
        let source = JSONSource(file: "the line", bytes: bytes)
        guard source.diagnostics.isEmpty, source.root != nil else {
            let column = source.diagnostics.first.map { " (at column \($0.column))" } ?? ""
            throw SpawnError(.backendFailed, "it is no JSON object on one line\(column)")
        }
        let bound: JSONValue
        do {
            bound = try Self.shape.bind(source)
        } catch {
            throw SpawnError(.backendFailed, error.message)
        }
        let members = bound.objectValue ?? [:]
        guard members.count == 1, let (key, value) = members.first else {
            throw SpawnError(
                .backendFailed,
                "it has \(members.isEmpty ? "none" : "more than one") of 'progress', 'checkpoint', 'log', 'result' and 'error'"
            )
        }
        switch key {
        case "progress": self = .progress(value.stringValue ?? "")
        case "checkpoint": self = .checkpoint(value)
        case "log": self = .log(value.stringValue ?? "")
        case "result": self = .result(value)
        default:
            let code = value["code"]?.stringValue.flatMap(SpawnError.Code.init)
            self = .error(code ?? .backendFailed, value["message"]?.stringValue ?? "")
        }
    }
}

import MultipleSpawner

/// The script of a mock session.
struct MockOptions: Sendable {
    enum Failure: String, Sendable, CaseIterable {
        case beforeCheckpoint = "before_checkpoint"
        case afterCheckpoint = "after_checkpoint"
        case answer
    }

    var delay: Duration
    var messages: [String]
    var answerDelay: Double
    var exitAfter: Double?
    var exitStatus: Int32
    var stopDelay: Double
    var failsAt: Failure?
    var failure: MockFailure
    var unreachable: String?
    var address: String
    var port: Int?
    var world: String?
    var image: String?

    init(_ options: JSONValue) {
        delay = .seconds(options["delay"]?.doubleValue ?? 0)
        messages = options["messages"]?.arrayValue?.compactMap(\.stringValue) ?? []
        answerDelay = options["answer_delay"]?.doubleValue ?? 0
        exitAfter = options["exit_after"]?.doubleValue
        exitStatus = options["exit_code"]?.integerValue.flatMap(Int32.init(exactly:)) ?? 0
        stopDelay = options["stop_delay"]?.doubleValue ?? 0
        failsAt = options["fail_at"]?.stringValue.flatMap(Failure.init(rawValue:))
        failure = MockFailure(
            code: options["error_code"]?.stringValue.flatMap(SpawnError.Code.init(rawValue:)) ?? .backendFailed,
            message: options["error_message"]?.stringValue ?? "the mock was told to fail; remove 'fail_at'")
        unreachable = options["unreachable"]?.stringValue
        address = options["ip"]?.stringValue ?? "127.0.0.1"
        port = options["port"]?.integerValue.flatMap { $0 > 0 ? $0 : nil }
        image = options["image"]?.stringValue
        world = options["world_path"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static let seconds = Shape.number(0...86_400)

    static let shape = ObjectShape(
        [
            Field("delay", seconds, "Seconds that the start takes after its checkpoint."),
            Field("messages", .list(.string), "What the start reports as its progress."),
            Field("answer_delay", seconds, "Seconds until the server answers."),
            Field("exit_after", seconds, "Seconds until the server ends by itself."),
            Field("exit_code", .integer(-64...255), "The exit status of that end."),
            Field("stop_delay", seconds, "Seconds that a stop takes."),
            Field("fail_at", .choice(Failure.allCases.map(\.rawValue)), "Where the start fails."),
            Field("error_code", .choice(SpawnError.Code.allCases.map(\.rawValue)), "The code of that failure."),
            Field("error_message", .string, "The message of that failure."),
            Field("unreachable", .string, "A reason: polls answer with it that nothing can be told."),
            Field("ip", .string, "The address of the endpoint (127.0.0.1)."),
            Field(
                "port", .integer(0...65535), "The port of a real server that answers instead; 0: a made-up one."),
            Field(
                "world_path", .path,
                "A directory where each running server is a file, so that it outlives the daemon, as real servers do."),
            Field(
                "image", .string, "The image that it pretends to be; of a list of images it is the one that was chosen."
            ),
        ] + MockMenu.fields)
}

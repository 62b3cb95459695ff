import FoundationEssentials
import MultipleSpawner
import Transport

/// Asks the running daemon over its socket.
struct DaemonClient: Sendable {
    private let socket: String
    private let http = HTTPClient()

    init(_ settings: Settings) {
        socket = settings.socket
    }

    /// What a call answered, as JSON.
    func call(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let response: HTTPResponse = try await reaching { try await http.send(request(method, path, body)) }
        guard (200..<300).contains(response.status) else { throw Self.error(response.body, response.status) }
        return Self.value(response.body) ?? .null
    }

    /// Hands over the pieces of an answer as they come.
    func stream(_ path: String, _ piece: ([UInt8]) async throws -> Void) async throws {
        let stream: HTTPStream = try await reaching { try await http.open(request("GET", path)) }
        guard stream.status == 200 else {
            var body: [UInt8] = []
            for try await bytes in stream.body where body.count < 1 << 20 { body += bytes }
            throw Self.error(body, stream.status)
        }
        for try await bytes in stream.body { try await piece(bytes) }
    }

    private func request(_ method: String, _ path: String, _ body: JSONValue? = nil) -> HTTPRequest {
        // A stop answers when the server has ended.
        HTTPRequest(
            method, "http://multiplespawner\(path)", unixSocket: socket,
            headers: body == nil ? [:] : ["Content-Type": "application/json"],
            body: body.map { Array($0.text.utf8) } ?? [],
            limits: HTTPLimits(whole: nil),
            mostBytes: 256 << 20)
    }

    private func reaching<Answer>(_ work: () async throws -> Answer) async throws -> Answer {
        do {
            return try await work()
        } catch let failure as HTTPFailure where failure.kind == .cannotConnect {
            throw SpawnError(
                .unavailable,
                "no daemon answers at '\(socket)'; start one with `multiplespawner serve`, or name its --socket",
                cause: failure)
        } catch let failure as HTTPFailure {
            throw SpawnError(.unavailable, "the daemon at '\(socket)' went away: \(failure.message)", cause: failure)
        }
    }

    private static func value(_ body: [UInt8]) -> JSONValue? {
        try? JSONDecoder().decode(JSONValue.self, from: Data(body))
    }

    private static func error(_ body: [UInt8], _ status: Int) -> SpawnError {
        let error = value(body)?["error"]
        return SpawnError(
            error?["code"]?.stringValue.flatMap(SpawnError.Code.init(rawValue:)) ?? .internal,
            error?["message"]?.stringValue ?? "the daemon answered with status \(status)",
            details: error?["details"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }
}

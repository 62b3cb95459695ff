import AsyncHTTPClient
import FoundationEssentials
import HTTPTypes
import MultipleSpawner
import NIOCore
import NIOHTTP1

/// Asks the running daemon over its socket.
struct DaemonClient: Sendable {
    private let socket: String

    /// A daemon that is not there is told at once; the library's own habit is to try until the call's time is over.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    init(_ settings: Settings) {
        socket = settings.socket
    }

    /// What a call answered, as JSON.
    func call(_ method: NIOHTTP1.HTTPMethod, _ path: String) async throws -> JSONValue {
        let response = try await send(method, path)
        let body = try await response.body.collect(upTo: 256 << 20)
        let value = try? JSONDecoder().decode(JSONValue.self, from: Data(body.readableBytesView))
        guard (200..<300).contains(response.status.code) else { throw Self.error(value, response.status.code) }
        return value ?? .null
    }

    /// Hands over the pieces of an answer as they come.
    func stream(_ path: String, _ piece: (ByteBuffer) async throws -> Void) async throws {
        let response = try await send(.GET, path)
        guard response.status.code == 200 else {
            let body = try await response.body.collect(upTo: 1 << 20)
            throw Self.error(
                try? JSONDecoder().decode(JSONValue.self, from: Data(body.readableBytesView)), response.status.code)
        }
        for try await buffer in response.body { try await piece(buffer) }
    }

    private func send(_ method: NIOHTTP1.HTTPMethod, _ path: String) async throws -> HTTPClientResponse {
        guard let base = URL(httpURLWithSocketPath: socket, uri: path) else {
            throw SpawnError(.invalidRequest, "the socket path '\(socket.excerpt)' cannot be used")
        }
        var request = HTTPClientRequest(url: base.absoluteString)
        request.method = method
        do {
            return try await Self.http.execute(request, timeout: .hours(24))
        } catch {
            throw SpawnError(
                .unavailable,
                "no daemon answers at '\(socket)'; start one with `multiplespawner serve`, or name its --socket",
                cause: error)
        }
    }

    private static func error(_ body: JSONValue?, _ status: UInt) -> SpawnError {
        let code = body?["error"]?["code"]?.stringValue.flatMap(SpawnError.Code.init(rawValue:)) ?? .internal
        return SpawnError(
            code, body?["error"]?["message"]?.stringValue ?? "the daemon answered with status \(status)",
            details: body?["error"]?["details"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }
}

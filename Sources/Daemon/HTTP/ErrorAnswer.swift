import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import MultipleSpawner
import NIOCore

/// Turns every error into `{"error": {"code", "message", "details"}}` with the status that its code stands for.
struct ErrorAnswers: RouterMiddleware {
    let log: Logger

    func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let error = Self.spawnError(error, request)
            if let cause = error.cause {
                log.warning("request failed", metadata: ["error": "\(error)", "cause": "\(cause)"])
            }
            return try Response(json: ErrorBody(error), status: error.code.status)
        }
    }

    private static func spawnError(_ error: any Error, _ request: Request) -> SpawnError {
        guard let error = error as? HTTPError else {
            return SpawnError(wrapping: error, "the daemon failed; its log says why")
        }
        switch error.status {
        case .notFound:
            return SpawnError(.notFound, "there is nothing at \(request.uri.path.excerpt); see /openapi.json")
        default: return SpawnError(.invalidRequest, error.body ?? "the request cannot be read", cause: error)
        }
    }
}

/// The body of an error.
struct ErrorBody: Encodable {
    struct Content: Encodable {
        let code: String
        let message: String
        let details: [String]
    }

    let error: Content

    init(_ error: SpawnError) {
        self.error = Content(code: error.code.rawValue, message: error.message, details: error.details)
    }
}

extension SpawnError.Code {
    var status: HTTPResponse.Status {
        switch self {
        case .invalidRequest: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict: .conflict
        case .unsupported: .unprocessableContent
        case .overCapacity: .tooManyRequests
        case .backendFailed: .badGateway
        case .unavailable: .serviceUnavailable
        case .timedOut: .gatewayTimeout
        case .internal: .internalServerError
        }
    }
}

extension Response {
    /// An answer in JSON, with stable key order and RFC 3339 times.
    init(json value: some Encodable, status: HTTPResponse.Status = .ok) throws {
        self.init(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder.wire.encode(value))))
    }

    init(html: String) {
        self.init(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }
}

extension JSONEncoder {
    /// How the daemon writes JSON.
    static var wire: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }
}

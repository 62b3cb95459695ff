/// The one error of the project: a code that machines act on, and a message that tells a person what to do.
///
/// Messages are lower case, name the thing, and say how to go on:
/// `no template for provider 'ku' and resource type 'container'; spawner_templates.json offers 'local', 'oci'`.
public struct SpawnError: Error, Sendable, Hashable {
    /// What kind of failure this is, in the words of the HTTP interface.
    public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
        case invalidRequest = "invalid_request"
        case unauthorized
        case forbidden
        case notFound = "not_found"
        case conflict
        case unsupported
        case overCapacity = "over_capacity"
        case backendFailed = "backend_failed"
        case unavailable
        case timedOut = "timed_out"
        case `internal`
    }

    public let code: Code
    public let message: String
    /// Further facts, one a line: the templates that were passed over, the diagnostics of a file, the end of a log.
    public let details: [String]
    /// What a library or the system said. It goes to the log and never to a user.
    public let cause: String?

    public init(_ code: Code, _ message: String, details: [String] = [], cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.details = details
        self.cause = cause.map { String(describing: $0) }
    }

    /// Wraps any error: a `SpawnError` stays what it is, anything else becomes `code` with `message`.
    public init(wrapping error: any Error, as code: Code = .internal, _ message: @autoclosure () -> String) {
        self = error as? SpawnError ?? SpawnError(code, message(), cause: error)
    }
}

extension SpawnError.Code {
    /// Whether the same request may succeed later without being changed.
    public var isWorthRetrying: Bool {
        switch self {
        case .overCapacity, .unavailable, .timedOut: true
        case .invalidRequest, .unauthorized, .forbidden, .notFound, .conflict, .unsupported, .backendFailed, .internal:
            false
        }
    }

    /// The exit status of the command line, after `sysexits.h`.
    public var exitStatus: Int32 {
        switch self {
        case .invalidRequest: 64
        case .conflict: 65
        case .notFound: 66
        case .unsupported: 69
        case .backendFailed, .internal: 70
        case .overCapacity, .unavailable, .timedOut: 75
        case .unauthorized, .forbidden: 77
        }
    }
}

extension SpawnError: CustomStringConvertible {
    public var description: String { "\(code.rawValue): \(message)" }
}

/// Why a call brought no answer.
public struct HTTPFailure: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// No connection came about: no such host or socket, refused, not allowed.
        case cannotConnect
        case timedOut
        /// No agreement on a safe connection: a certificate, a name, a key, a version.
        case tls
        /// The connection ended before the answer was there.
        case connectionLost
        /// The answer has more bytes than was allowed.
        case tooLarge
        /// What was to be sent, or what came back, is no HTTP.
        case malformed
    }

    public let kind: Kind
    /// What the library said, in one line.
    public let message: String
    /// `errno` of the system call that failed; 0 where none did.
    public let errorNumber: Int32
    /// Whether the server may have acted on the request: bytes of it were sent. `false` is a promise: the call can be
    /// made again elsewhere. `true` means: find out first.
    public let mayHaveArrived: Bool

    public init(_ kind: Kind, _ message: String, errorNumber: Int32 = 0, mayHaveArrived: Bool) {
        self.kind = kind
        self.message = message
        self.errorNumber = errorNumber
        self.mayHaveArrived = mayHaveArrived
    }

    /// A request that was never sent, because it is none.
    static func malformed(_ message: String) -> HTTPFailure {
        HTTPFailure(.malformed, message, mayHaveArrived: false)
    }

    /// The client was shut down before the answer came.
    static func shutDown(wasSent: Bool) -> HTTPFailure {
        HTTPFailure(
            wasSent ? .connectionLost : .cannotConnect, "the HTTP client was shut down", mayHaveArrived: wasSent)
    }
}

extension HTTPFailure: CustomStringConvertible {
    public var description: String { message }
}

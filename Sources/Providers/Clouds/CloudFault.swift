import MultipleSpawner
import Transport

/// What a cloud answered instead of what was asked for.
struct CloudFault: Error, Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// Too many calls: later.
        case throttled
        /// Something is broken there, or on the way: later.
        case broken
        /// The same, and the time that there was for it is over.
        case late
        /// It has no such machine free now, or no more for this account.
        case capacity
        /// It does not know who asks.
        case unauthorized
        /// Who asks may not do this.
        case forbidden
        case notFound
        /// What it is asked to do does not go with the state that the thing is in.
        case wrongState
        /// The token was used for something else before.
        case tokenUsed
        case refused
    }

    var kind: Kind
    /// The HTTP status; 0 where there was no answer.
    let status: Int
    /// The cloud's own name for it: `InsufficientInstanceCapacity`.
    let code: String
    /// The cloud's own words, in one line.
    let message: String
    /// How long it wants to be left alone.
    var restAsked: Duration?
    /// Whether the call may have been heard all the same: an earlier attempt, or the one whose answer is not read.
    var followsLoss = false

    init(_ kind: Kind, status: Int, code: String, message: String, restAsked: Duration? = nil) {
        self.kind = kind
        self.status = status
        self.code = code.excerpt
        self.message = message.cloudLine
        self.restAsked = restAsked
    }

    /// No answer came, or none that can be read.
    init(_ failure: HTTPFailure) {
        let isHopeless =
            switch failure.kind {
            case .tls, .tooLarge: true
            // A request that is none never leaves; an answer that is none may be another one next time.
            case .malformed: !failure.mayHaveArrived
            case .cannotConnect, .timedOut, .connectionLost: false
            }
        self.init(isHopeless ? .refused : .broken, status: 0, code: "\(failure.kind)", message: failure.message)
        followsLoss = isHopeless && failure.mayHaveArrived
    }

    var isWorthRepeating: Bool { kind == .throttled || kind == .broken }

    /// Whether it is sure that nothing was done.
    var isRefusal: Bool { !isWorthRepeating && kind != .late && !followsLoss }

    /// As an error that a person can act on.
    ///
    /// - Parameter doing: what was asked of whom: `RunInstances of EC2 in eu-north-1`.
    func error(_ doing: String) -> SpawnError {
        let said = [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
        return switch kind {
        case .throttled:
            SpawnError(.unavailable, "\(doing) was put off too often; try again later (\(said))")
        case .broken:
            SpawnError(.unavailable, "\(doing) got no answer that helps; try again later (\(said))")
        case .late:
            SpawnError(.timedOut, "\(doing) got no answer that helps in the time that there was (\(said))")
        case .capacity:
            SpawnError(
                .overCapacity,
                "\(doing) found no room; try later, allow other types or zones, or raise the account's limit (\(said))")
        case .unauthorized:
            SpawnError(
                .unauthorized,
                "\(doing) was refused: the cloud does not take our credentials; renew them, and look at this machine's "
                    + "clock (\(said))")
        case .forbidden:
            SpawnError(.forbidden, "\(doing) was refused: give our account the permission for it (\(said))")
        case .notFound, .wrongState, .tokenUsed, .refused:
            SpawnError(.backendFailed, "\(doing) failed (\(said))")
        }
    }
}

extension CloudFault: CustomStringConvertible {
    var description: String { "\(status) \(code): \(message)" }
}

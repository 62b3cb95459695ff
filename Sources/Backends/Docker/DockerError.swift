public import MultipleSpawner
import Transport

/// Why Docker did not do what it was asked.
public struct DockerError: Error, Sendable {
    public enum Reason: Sendable, Hashable {
        /// No engine could be asked; the sentence names each, and the cause.
        case unreachable(String)
        case timedOut(String)
        /// Docker refused, in its own words.
        case answered(status: Int, message: String)
        /// Docker answered what is not understood.
        case unreadable(String)
        /// The task that asked was cancelled.
        case cancelled
    }

    public let reason: Reason
    /// Whether Docker may have done it all the same. `false` is a promise; `true` means: find out first.
    public let mayHaveArrived: Bool

    public init(_ reason: Reason, mayHaveArrived: Bool) {
        self.reason = reason
        self.mayHaveArrived = mayHaveArrived
    }
}

extension DockerError {
    /// The status of Docker's answer, where there was one.
    public var status: Int? {
        guard case .answered(let status, _) = reason else { return nil }
        return status
    }

    public var isNotFound: Bool { status == 404 }
    public var isConflict: Bool { status == 409 }
    public var isCancelled: Bool { reason == .cancelled }

    /// What is to be told, in one line: Docker's own words where it spoke.
    public var message: String {
        switch reason {
        case .unreachable(let text), .timedOut(let text), .unreadable(let text): text
        case .answered(_, let message): message.excerpt(of: 400)
        case .cancelled: "the call was cancelled"
        }
    }

    /// An answer with a status that means refusal. What it refused with a 4xx was not done; a 5xx may come from the
    /// middle of the work.
    static func answered(_ status: Int, _ message: String) -> DockerError {
        let reason = Reason.answered(status: status, message: message)
        let isRefusal = status < 500 || message.contains("not a swarm manager")
        return DockerError(reason, mayHaveArrived: !isRefusal)
    }
}

extension DockerError: CustomStringConvertible {
    public var description: String { message }
}

extension DockerError {
    /// What became of the session's step, for its user and the log: `doing` says which, as in `creating the service`.
    public func spawnError(doing: String) -> SpawnError {
        SpawnError(code, "\(doing) failed: \(message)", cause: self)
    }

    private var code: SpawnError.Code {
        switch reason {
        case .unreachable, .cancelled: .unavailable
        case .timedOut: .timedOut
        case .unreadable: .backendFailed
        case .answered(let status, let message):
            switch status {
            case 404: .notFound
            case 409: .conflict
            case 500 where Self.isVerdict(message): .backendFailed
            case 500...: .unavailable
            default: .backendFailed
            }
        }
    }

    /// A manager says 500 also of what is wrong with the request: a network that is not there, a bad constraint. The same
    /// request will not succeed later.
    private static func isVerdict(_ message: String) -> Bool {
        // Managers that are choosing their leader answer in a moment.
        if ["have a leader", "lost leader", "losing leader", "raft:"].contains(where: message.contains) {
            return false
        }
        let codes = ["Unknown", "InvalidArgument", "NotFound", "AlreadyExists", "FailedPrecondition", "Unimplemented"]
        if message.utf8.starts(with: "rpc error:".utf8) {
            return codes.contains { message.contains("code = \($0) desc") }
                && !message.contains("context deadline exceeded")
        }
        return message.hasSuffix(" not found")
    }
}

extension String {
    /// One line of at most `count` characters, for words of Docker's, which are longer than those of a user.
    fileprivate func excerpt(of count: Int) -> String {
        let line = String(String.UnicodeScalarView(unicodeScalars.map { $0.isControl ? " " : $0 }))
        return line.count > count ? line.prefix(count) + "…" : line
    }
}

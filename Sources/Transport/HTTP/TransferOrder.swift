import Synchronization

/// A call on its way to the thread that makes it, with those who wait for its answer.
struct TransferOrder: Sendable {
    /// Who waits. Only the thread that makes the transfers answers, and once.
    enum Recipient: Sendable {
        case whole(CheckedContinuation<HTTPResponse, any Error>)
        case stream(CheckedContinuation<HTTPStream, any Error>)
    }

    let number: UInt64
    let request: HTTPRequest
    let recipient: Recipient
    let cancellation: Cancellation
    let ordered: ContinuousClock.Instant

    /// Says that a call is not wanted any more before its order has reached the thread.
    final class Cancellation: Sendable {
        private let flag = Mutex(false)

        var isAsked: Bool { flag.withLock(\.self) }

        func ask() {
            flag.withLock { $0 = true }
        }
    }

    func fail(_ error: any Error) {
        switch recipient {
        case .whole(let waiting): waiting.resume(throwing: error)
        case .stream(let waiting): waiting.resume(throwing: error)
        }
    }

    /// Calls of one origin share connections and wait for one another. A stream has a connection of its own.
    var origin: String {
        if let socket = request.unixSocket { return socket }
        let scheme = request.url.prefix { $0 != ":" }
        let host = request.url.dropFirst(scheme.count + 3).prefix { $0 != "/" && $0 != "?" }
        return "\(scheme)://\(host) \(request.address ?? "")"
    }

    var isStream: Bool {
        switch recipient {
        case .whole: false
        case .stream: true
        }
    }
}

import MultipleSpawner
import Synchronization

/// Makes HTTP calls: any number at once, on one thread of its own and few connections, which are kept and used again.
///
/// - A cancelled task's call ends within milliseconds and throws `CancellationError`; whether the server acted on it is
///   not known then. Every other failure is an `HTTPFailure`, which says whether it may have.
/// - No call is made twice unless its method is GET or HEAD: where a kept connection turns out to be dead after bytes
///   of the request were sent, that is a failure.
/// - Only `http` and `https` are spoken, TLS is 1.2 or later and always verified, no redirect is followed, and no
///   proxy, netrc or cookie is taken from the surroundings.
/// - Streams end with the client: keep it as long as they are read.
/// - Calls to one origin beyond `callsPerOrigin` wait their turn; streams do not count.
public final class HTTPClient: Sendable {
    private let inbox = TransferInbox()
    private let callsPerOrigin: Int
    /// Begun by the first call: a program that makes none has no thread to end.
    private let thread = Mutex<TransferThread?>(nil)

    public convenience init() {
        self.init(callsPerOrigin: 16)
    }

    /// - Parameter callsPerOrigin: the most calls under way, and so connections kept, to one host and port or socket.
    public init(callsPerOrigin: Int) {
        self.callsPerOrigin = max(1, callsPerOrigin)
    }

    deinit {
        shutDown()
    }

    /// Makes a call and returns its whole answer, whatever its status.
    ///
    /// - Throws: `HTTPFailure`, or `CancellationError`.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await order(request) { .whole($0) }
    }

    /// Makes a call and returns when the head of its answer is there; the body is read as it comes.
    ///
    /// - Throws: `HTTPFailure`, or `CancellationError`. The body throws the same.
    public func open(_ request: HTTPRequest) async throws -> HTTPStream {
        try await order(request) { .stream($0) }
    }

    /// Ends what is under way and the thread. To be called before the process exits, while nothing of the libraries
    /// below is torn down; later calls fail. Takes milliseconds, and may be called twice.
    public func shutDown() {
        inbox.close()
        // Not under the lock: what the thread lets go of at its end may come back here.
        let thread = thread.withLock { $0 }
        thread?.join()
    }

    private func order<Answer: Sendable>(
        _ request: HTTPRequest,
        to recipient: (CheckedContinuation<Answer, any Error>) -> TransferOrder.Recipient
    ) async throws -> Answer {
        try request.check()
        try Task.checkCancellation()
        thread.withLock { thread in
            if thread == nil { thread = TransferThread(inbox, callsPerOrigin: callsPerOrigin) }
        }
        let number = inbox.number()
        let cancellation = TransferOrder.Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let order = TransferOrder(
                    number: number, request: request, recipient: recipient(continuation), cancellation: cancellation,
                    ordered: .now)
                if !inbox.post(.start(order)) { order.fail(HTTPFailure.shutDown(wasSent: false)) }
            }
        } onCancel: { [inbox] in
            // The order may not have been given yet: it finds the cancellation, or the cancellation finds it.
            cancellation.ask()
            inbox.post(.cancel(number))
        }
    }
}

import Synchronization

/// Where a program that tells a log and the one who reads it meet. The program waits while the reader is far behind.
final class ExecLogRelay: Sendable {
    /// The most bytes that wait for the reader.
    private static let mostWaiting = 256 << 10

    private struct State {
        var waiting: [UInt8] = []
        var reader: CheckedContinuation<[UInt8]?, any Error>?
        var teller: CheckedContinuation<Void, any Error>?
        var end: Result<Void, any Error>?
    }

    private let state = Mutex(State())

    /// Takes a piece, and returns when there is room for the next one.
    func offer(_ bytes: [UInt8]) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let (reader, isTaken) = state.withLock { state -> (CheckedContinuation<[UInt8]?, any Error>?, Bool) in
                    if let reader = state.reader {
                        state.reader = nil
                        return (reader, true)
                    }
                    state.waiting += bytes
                    guard state.waiting.count > Self.mostWaiting, state.end == nil, !Task.isCancelled else {
                        return (nil, true)
                    }
                    state.teller = continuation
                    return (nil, false)
                }
                reader?.resume(returning: bytes)
                if isTaken { continuation.resume() }
            }
        } onCancel: {
            let teller = state.withLock { state in
                defer { state.teller = nil }
                return state.teller
            }
            teller?.resume(throwing: CancellationError())
        }
    }

    /// Nothing more comes. What was told before is still read.
    func finish(_ end: Result<Void, any Error>) {
        let reader = state.withLock { state in
            state.end = end
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(with: end.map { nil })
    }

    /// All that was told since the last call; `nil` at the end.
    func next() async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { continuation in
            let (result, teller) = state.withLock {
                state -> (Result<[UInt8]?, any Error>?, CheckedContinuation<Void, any Error>?) in
                if !state.waiting.isEmpty {
                    defer { (state.waiting, state.teller) = ([], nil) }
                    return (.success(state.waiting), state.teller)
                }
                if let end = state.end { return (end.map { nil }, nil) }
                state.reader = continuation
                return (nil, nil)
            }
            teller?.resume()
            if let result { continuation.resume(with: result) }
        }
    }
}

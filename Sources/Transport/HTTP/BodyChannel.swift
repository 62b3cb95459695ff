import Synchronization

/// Where the thread that receives a body and the task that reads it meet.
final class BodyChannel: Sendable {
    /// Above this the transfer is paused; it goes on when the reader has taken what there was.
    static let mostWaiting = 256 * 1024

    private struct State {
        var waitingBytes: [UInt8] = []
        var isPaused = false
        var end: Result<Void, any Error>?
        var reader: CheckedContinuation<[UInt8]?, any Error>?
    }

    private let state = Mutex(State())

    /// Takes what was received; `false`: hold it back until the reader has caught up.
    func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let reader: CheckedContinuation<[UInt8]?, any Error>?? = state.withLock { state in
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            guard state.waitingBytes.count < Self.mostWaiting else {
                state.isPaused = true
                return nil
            }
            state.waitingBytes.append(contentsOf: bytes)
            return .some(nil)
        }
        guard let reader else { return false }
        reader?.resume(returning: Array(bytes))
        return true
    }

    /// Nothing more comes. What was received before is still read.
    func finish(_ result: Result<Void, any Error>) {
        let reader = state.withLock { state in
            guard state.end == nil else { return nil as CheckedContinuation<[UInt8]?, any Error>? }
            state.end = result
            // A failure is told at once when it is a cancellation: nobody wants the rest.
            if case .failure(let error) = result, error is CancellationError { state.waitingBytes = [] }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(with: result.map { nil })
    }

    /// All that has been received since the last call; `nil` at the end.
    ///
    /// - Parameters:
    ///   - resume: lets a transfer go on that was held back.
    ///   - cancel: ends the transfer of a task that was cancelled, be it before this call or in it.
    func next(resume: @Sendable () -> Void, cancel: @Sendable () -> Void) async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            // Not before the handler stands: a task that was cancelled between two pieces is to end the transfer too.
            try Task.checkCancellation()
            return try await wait(resume: resume)
        } onCancel: {
            cancel()
        }
    }

    private func wait(resume: () -> Void) async throws -> [UInt8]? {
        var mustResume = false
        defer { if mustResume { resume() } }
        return try await withCheckedThrowingContinuation { continuation in
            let result: Result<[UInt8]?, any Error>? = state.withLock { state in
                if !state.waitingBytes.isEmpty {
                    let bytes = state.waitingBytes
                    state.waitingBytes = []
                    mustResume = state.isPaused
                    state.isPaused = false
                    return .success(bytes)
                }
                if let end = state.end { return end.map { nil } }
                guard state.reader == nil else { return .failure(HTTPFailure.malformed("a body has one reader")) }
                state.reader = continuation
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }
}

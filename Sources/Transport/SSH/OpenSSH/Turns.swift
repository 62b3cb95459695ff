import Synchronization

/// Lets so many go on at once; the others wait their turn, in order, and may stop waiting.
public final class Turns: Sendable {
    private struct State {
        var free: Int
        var waiting: [(key: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
        var last: UInt64 = 0
    }

    private let state: Mutex<State>

    /// - Parameter count: how many may go on at once.
    public init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    /// Does the work when it is its turn.
    ///
    /// - Throws: `CancellationError` where the caller was cancelled before it was, and whatever the work throws.
    public func take<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        let key = state.withLock { state in
            state.last += 1
            return state.last
        }
        let isTaken = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    guard state.free == 0 else {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append((key, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let given = state.withLock { state in
                state.waiting.firstIndex { $0.key == key }.map { state.waiting.remove(at: $0).continuation }
            }
            given?.resume(returning: false)
        }
        guard isTaken else { throw CancellationError() }
        defer { give() }
        return try await work()
    }

    private func give() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}

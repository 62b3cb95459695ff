import Synchronization

/// An answer that many need and one fetches. The others wait for it, and each may stop waiting; when the one that
/// fetches is cancelled, another takes its place.
final class SharedAnswer<Value: Sendable>: Sendable {
    private enum Turn: Sendable {
        case known(Value)
        case fetch
        case failed(any Error)
    }

    private struct State {
        var value: Value?
        var isFetching = false
        var waiting: [UInt64: CheckedContinuation<Turn, Never>] = [:]
        var lastNumber: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The answer, fetched where it is not known.
    ///
    /// - Throws: what `fetch` throws, to all who wait for it; `CancellationError` to those who were cancelled.
    func get(_ fetch: () async throws -> Value) async throws -> Value {
        switch await turn() {
        case .known(let value): return value
        case .failed(let error): throw error
        case .fetch: break
        }
        do {
            let value = try await fetch()
            settle(.known(value), value: value)
            return value
        } catch {
            if Task.isCancelled {
                passOn()
            } else {
                settle(.failed(error), value: nil)
            }
            throw error
        }
    }

    /// What is known, without asking.
    var known: Value? { state.withLock(\.value) }

    /// The next who needs it fetches it anew.
    func forget() {
        state.withLock { $0.value = nil }
    }

    private func turn() async -> Turn {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn: Turn? = state.withLock { state in
                    if let value = state.value { return .known(value) }
                    // Under the lock that the handler below takes: it finds the continuation, or this finds the
                    // cancellation.
                    if Task.isCancelled { return .failed(CancellationError()) }
                    guard state.isFetching else {
                        state.isFetching = true
                        return .fetch
                    }
                    state.waiting[number] = continuation
                    return nil
                }
                if let turn { continuation.resume(returning: turn) }
            }
        } onCancel: {
            let waiting = state.withLock { $0.waiting.removeValue(forKey: number) }
            waiting?.resume(returning: .failed(CancellationError()))
        }
    }

    private func settle(_ turn: Turn, value: Value?) {
        let waiting = state.withLock { state in
            state.value = value
            state.isFetching = false
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume(returning: turn) }
    }

    private func passOn() {
        let next = state.withLock { state in
            guard let number = state.waiting.keys.min() else {
                state.isFetching = false
                return nil as CheckedContinuation<Turn, Never>?
            }
            return state.waiting.removeValue(forKey: number)
        }
        next?.resume(returning: .fetch)
    }
}

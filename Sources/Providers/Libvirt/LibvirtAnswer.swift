import Synchronization

/// An answer that one waits for, and that two may give: the first counts.
final class LibvirtAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Result<Value, any Error>, Never>)
        case given(Result<Value, any Error>)
        case taken
    }

    private let state = Mutex(State.open)

    /// - Returns: whether nobody had given one before.
    func give(_ result: Result<Value, any Error>) -> Bool {
        let (isFirst, waiting) = state.withLock { state in
            switch state {
            case .open:
                state = .given(result)
                return (true, CheckedContinuation<Result<Value, any Error>, Never>?.none)
            case .awaited(let waiting):
                state = .taken
                return (true, waiting)
            case .given, .taken: return (false, nil)
            }
        }
        waiting?.resume(returning: result)
        return isFirst
    }

    /// Waits for it. Only one may, and once.
    var value: Value {
        get async throws {
            let result = await withCheckedContinuation { continuation in
                let given: Result<Value, any Error>? = state.withLock { state in
                    if case .given(let result) = state {
                        state = .taken
                        return result
                    }
                    state = .awaited(continuation)
                    return nil
                }
                if let given { continuation.resume(returning: given) }
            }
            return try result.get()
        }
    }
}

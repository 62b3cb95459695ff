import Dispatch
import Synchronization

/// Something that one task waits for and others ring. A ring before the wait is not lost, and the wait is not
/// cancellable.
final class Bell: Sendable {
    private struct State {
        var isRung = false
        var waiting: OneAnswer<Void>?
    }

    private let state = Mutex(State())

    func ring() {
        let waiting = state.withLock { state in
            state.isRung = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?(())
    }

    /// Returns after the next ring, or when the time is over.
    func wait(within limit: Duration) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let answer = OneAnswer(continuation)
            let isRung = state.withLock { state in
                if !state.isRung { state.waiting = answer }
                return state.isRung
            }
            if isRung { return answer(()) }
            DispatchQueue.global().asyncAfter(deadline: .now() + limit.dispatchInterval) { answer(()) }
        }
        state.withLock { $0.isRung = false }
    }
}

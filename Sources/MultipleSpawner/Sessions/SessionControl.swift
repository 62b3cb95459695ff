import Synchronization

/// How others reach into a session's task: to tell it that it ends, and to wait until it is over.
final class SessionControl: Sendable {
    private struct State {
        var reason: StopReason?
        var grace: Duration?
        var task: Task<Void, Never>?
        var watching: CheckedContinuation<StopReason, Never>?
        /// A server that was seen to be gone before anybody watched it.
        var gone: (handle: Handle, reason: StopReason)?
        var isOver = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Whether a task runs the session.
    var isAttached: Bool { state.withLock { $0.task != nil } }

    func attach(_ task: Task<Void, Never>) {
        let isEnding = state.withLock { state in
            state.task = task
            return state.reason != nil
        }
        if isEnding { task.cancel() }
    }

    /// Ends the session for `reason`, unless it is ending already; a start that is under way is cancelled.
    ///
    /// - Parameter grace: how long the server may take to end by itself; a later, shorter one counts.
    func end(_ reason: StopReason, grace: Duration? = nil) {
        let (watching, task) = state.withLock { state in
            if let grace { state.grace = min(state.grace ?? grace, grace) }
            guard state.reason == nil else {
                return (CheckedContinuation<StopReason, Never>?.none, Task<Void, Never>?.none)
            }
            state.reason = reason
            defer { state.watching = nil }
            return (state.watching, state.task)
        }
        watching?.resume(returning: reason)
        task?.cancel()
    }

    /// Why the session ends, once it does.
    var reason: StopReason? { state.withLock { $0.reason } }

    /// How long the server may take to end, as the one who asked wants it.
    var grace: Duration? { state.withLock { $0.grace } }

    /// A server of the session is gone. While it starts, that is for the start to find out, and to say why; it is kept
    /// for the moment at which the session is watched.
    func lost(_ handle: Handle, _ reason: StopReason) {
        let isWatched = state.withLock { state in
            state.gone = (handle, reason)
            return state.watching != nil
        }
        if isWatched { end(reason) }
    }

    /// Waits until somebody ends the session, or its server is gone.
    func ending(of handle: Handle?) async -> StopReason {
        await withCheckedContinuation { continuation in
            let reason = state.withLock { state in
                if state.reason == nil, let gone = state.gone, gone.handle == handle {
                    state.reason = gone.reason
                }
                if state.reason == nil { state.watching = continuation }
                return state.reason
            }
            if let reason { continuation.resume(returning: reason) }
        }
    }

    func markOver() {
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until everything of the session is undone, for so long at most.
    ///
    /// - Returns: whether it is.
    func isOver(within limit: Duration) async -> Bool {
        let (ends, end) = AsyncStream<Void>.makeStream()
        // Not a child: what waits for that end cannot be told to stop waiting.
        Task {
            await over()
            end.finish()
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            end.finish()
        }
        defer { timer.cancel() }
        for await _ in ends {}
        return state.withLock { $0.isOver }
    }

    /// Waits until everything of the session is undone.
    func over() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.waiting.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }
}

import MultipleSpawner
import Synchronization

/// What is known of a connection outside of its thread.
final class LinkState: Sendable {
    struct Load {
        /// Commands under way and waiting.
        var commands = 0
        /// The most that run at once.
        var most = 8
        /// Whether what is asked of it waits for an answer that does not come.
        var isStuck = false
        /// Whether it should be given no new work.
        var isWorn = false

        var isCrowded: Bool { commands >= most || isStuck || isWorn }
    }

    private struct State {
        var load = Load()
        var lastUse = ContinuousClock.now
        var reason: SpawnError?
        var waiting: [UInt64: Answer<SpawnError>] = [:]
        var lastNumber: UInt64 = 0
    }

    private let state = Mutex(State())

    var load: Load { state.withLock(\.load) }

    /// Why it has ended; `nil` while it stands.
    var reason: SpawnError? { state.withLock(\.reason) }

    func note(_ change: (inout Load) -> Void) {
        state.withLock { change(&$0.load) }
    }

    /// A number for something that goes over it, never given twice.
    func number() -> UInt64 {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    /// Keeps it from being closed for idleness; `false` where it has ended.
    func touch() -> Bool {
        state.withLock { state in
            state.lastUse = .now
            return state.reason == nil
        }
    }

    /// Ends it where nobody has used it for `duration`; `false` where somebody has.
    func end(_ reason: SpawnError, unlessUsedWithin duration: Duration) -> Bool {
        let waiting = state.withLock { state -> [Answer<SpawnError>]? in
            guard state.reason == nil, state.lastUse + duration <= .now else { return nil }
            return Self.end(&state, reason)
        }
        guard let waiting else { return false }
        for answer in waiting { answer.settle(.success(reason)) }
        return true
    }

    /// Tells everybody; the first reason counts.
    func end(_ reason: SpawnError) {
        let waiting = state.withLock { state in
            state.reason == nil ? Self.end(&state, reason) : []
        }
        for answer in waiting { answer.settle(.success(reason)) }
    }

    private static func end(_ state: inout State, _ reason: SpawnError) -> [Answer<SpawnError>] {
        state.reason = reason
        defer { state.waiting = [:] }
        return Array(state.waiting.values)
    }

    /// Returns when it has ended, or the waiting task is cancelled.
    func ended() async -> SpawnError {
        let answer = Answer<SpawnError>()
        let (number, reason) = state.withLock { state -> (UInt64, SpawnError?) in
            state.lastNumber += 1
            if state.reason == nil { state.waiting[state.lastNumber] = answer }
            return (state.lastNumber, state.reason)
        }
        if let reason { return reason }
        defer { state.withLock { $0.waiting[number] = nil } }
        do {
            return try await answer.value()
        } catch {
            return SpawnError(.unavailable, "nobody waits for the end of the connection any more", cause: error)
        }
    }
}

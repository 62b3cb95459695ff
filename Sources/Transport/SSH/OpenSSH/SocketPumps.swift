import Synchronization

/// The pumps of one connection, all of which end with it.
final class SocketPumps: Sendable {
    private struct State {
        var pumps: [UInt64: SocketPump] = [:]
        var last: UInt64 = 0
        var isOver = false
    }

    private let state = Mutex(State())

    /// - Returns: what it is removed by.
    func add(_ pump: SocketPump) -> UInt64 {
        let (number, isOver) = state.withLock { state in
            state.last += 1
            if !state.isOver { state.pumps[state.last] = pump }
            return (state.last, state.isOver)
        }
        if isOver { pump.cancel() }
        return number
    }

    func remove(_ number: UInt64) {
        state.withLock { $0.pumps[number] = nil }
    }

    /// Also those that are added from now on.
    func cancelAll() {
        let pumps = state.withLock { state in
            state.isOver = true
            defer { state.pumps = [:] }
            return Array(state.pumps.values)
        }
        for pump in pumps { pump.cancel() }
    }
}

import Glibc
import MultipleSpawner
import Synchronization

/// What any task may ask of the thread that serves all connections.
final class SSHInbox: Sendable {
    enum Command: Sendable {
        /// A connection that was just made.
        case adopt(UInt64, SSHSession, LinkState, place: String)
        case run(link: UInt64, CommandOrder)
        case carry(link: UInt64, CarryOrder)
        case listen(link: UInt64, ListenOrder)
        /// Nobody wants this any more: a command, a stream, a tunnel, a listener.
        case cancel(link: UInt64, UInt64)
        /// The reader of a stream has caught up.
        case resume(link: UInt64, UInt64)
        case close(link: UInt64, Answer<Void>)
        /// A socket of ours that accepts connections.
        case open(Door)
        case shut(UInt64, Answer<Void>)
    }

    private struct State {
        var commands: [Command] = []
        var isClosed = false
        var lastNumber: UInt64 = 0
    }

    private let state = Mutex(State())
    let bell = Interruption()

    /// A number for a connection or a door, never given twice.
    func number() -> UInt64 {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    /// `false` when the thread has ended, or is about to.
    @discardableResult
    func post(_ command: Command) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.commands.append(command)
            // Who found the inbox empty wakes the thread; it takes everything at once.
            if state.commands.count == 1 { bell.wake() }
            return true
        }
    }

    /// Takes what was asked; `nil` when the thread is to end.
    func take() -> [Command]? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            bell.clear()
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// Lets the thread end. Nothing is taken any more.
    func close() {
        state.withLock { state in
            state.isClosed = true
            bell.wake()
        }
    }

    /// What was asked too late, for the thread to refuse.
    func drain() -> [Command] {
        state.withLock { state in
            state.isClosed = true
            defer { state.commands = [] }
            return state.commands
        }
    }
}

extension SSHInbox.Command {
    /// Tells whoever waits that nothing comes of it.
    func refuse(_ error: SpawnError) {
        switch self {
        case .adopt(_, _, let state, _): state.end(error)
        case .run(_, let order): order.fail(error)
        case .carry(_, let order):
            Glibc.close(order.descriptor)
            order.answer.fail(error)
        case .listen(_, let order): order.answer.fail(error)
        case .close(_, let answer), .shut(_, let answer): answer.settle(.success(()))
        case .open(let door): Glibc.close(door.descriptor)
        case .cancel, .resume: break
        }
    }
}

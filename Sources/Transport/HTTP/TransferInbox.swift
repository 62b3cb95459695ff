import CLibCurl
import Synchronization

/// What any task may ask of the thread that makes the transfers.
final class TransferInbox: Sendable {
    enum Command: Sendable {
        case start(TransferOrder)
        case cancel(UInt64)
        /// The reader of a stream has caught up.
        case resume(UInt64)
    }

    private struct State {
        var commands: [Command] = []
        var waker: Waker?
        var isClosed = false
        var lastNumber: UInt64 = 0

        func wake() {
            if let waker { curl_multi_wakeup(waker.multi) }
        }
    }

    /// The transfers' libcurl handle, for the one call of it that may be made from any thread.
    ///
    /// It is `@unchecked Sendable` because `curl_multi_wakeup` is all that is done with it, which libcurl documents as
    /// safe beside a `curl_multi_poll` of another thread, and because it is only used under the lock of the inbox that
    /// `close` takes before the handle is freed.
    private struct Waker: @unchecked Sendable {
        let multi: UnsafeMutableRawPointer
    }

    private let state = Mutex(State())

    /// A number for a transfer, never given twice.
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
            if state.commands.count == 1 { state.wake() }
            return true
        }
    }

    /// Called by the thread when it begins.
    func open(_ multi: UnsafeMutableRawPointer) {
        let waker = Waker(multi: multi)
        state.withLock { $0.waker = waker }
    }

    /// Takes what was asked; `nil` when it is to end.
    func take() -> [Command]? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// Lets the thread end. Nothing is taken any more.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.wake()
        }
    }

    /// What was asked too late, for the thread to refuse; the handle is not touched any more after this.
    func drain() -> [Command] {
        state.withLock { state in
            state.isClosed = true
            state.waker = nil
            defer { state.commands = [] }
            return state.commands
        }
    }
}

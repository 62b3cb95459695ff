import Glibc
import Synchronization

/// The one thread on which libcurl runs.
final class TransferThread: Sendable {
    /// What is handed to the new thread.
    private final class Start: Sendable {
        let inbox: TransferInbox
        let callsPerOrigin: Int

        init(_ inbox: TransferInbox, callsPerOrigin: Int) {
            self.inbox = inbox
            self.callsPerOrigin = callsPerOrigin
        }
    }

    private let thread: Mutex<pthread_t?>

    /// Where the system gives no thread, the inbox is closed, so that each call fails.
    init(_ inbox: TransferInbox, callsPerOrigin: Int) {
        // The thread inherits this: signals are the program's, and SIGPIPE, which OpenSSL's writes raise, is nobody's.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

        let start = Unmanaged.passRetained(Start(inbox, callsPerOrigin: callsPerOrigin))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                TransferLoop.run(start.inbox, callsPerOrigin: start.callsPerOrigin)
                return nil
            }, start.toOpaque())
        if failure != 0 {
            start.release()
            inbox.close()
        }
        self.thread = Mutex(failure == 0 ? thread : nil)
    }

    /// Waits until it has ended. Only the first call waits.
    func join() {
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let thread else { return }
        // The last reference may go where the thread itself lets go of something.
        if pthread_equal(thread, pthread_self()) != 0 {
            pthread_detach(thread)
        } else {
            pthread_join(thread, nil)
        }
    }
}

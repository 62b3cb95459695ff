import CLibSSH2
import Glibc
import Synchronization

/// A thread for what blocks, which no thread that tasks run on may do.
public final class OwnThread: Sendable {
    /// What is handed to the new thread.
    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    private let thread: Mutex<pthread_t?>

    /// - Parameter name: what the system calls it; 15 bytes at most.
    /// - Returns: `nil` where the system gives no thread; nothing runs then.
    public init?(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(
            Work {
                clibssh2_name_thread(name)
                body()
            })
        var thread = pthread_t()
        let failure = clibssh2_start_thread(
            &thread,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard failure == 0 else {
            work.release()
            return nil
        }
        self.thread = Mutex(thread)
    }

    deinit {
        let left = thread.withLock { $0 }
        if let left { pthread_detach(left) }
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

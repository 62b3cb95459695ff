import CLinux
import Dispatch
import Glibc
import MultipleSpawner

/// A process of a session's tree that is being killed, held by a descriptor so that it cannot turn into another.
final class DoomedProcess: Sendable {
    let pid: Int32
    private let descriptor: Int32

    /// `nil` when the process is dead already.
    init?(_ pid: Int32) {
        let descriptor = clinux_pidfd_open(pid)
        guard descriptor >= 0 else { return nil }
        self.pid = pid
        self.descriptor = descriptor
        guard let status = (try? ProcessStatus.read(pid)) ?? nil, !status.isDead else { return nil }
    }

    /// `nil` also when it is the leader's number, but not the leader any more now that it was opened.
    convenience init?(_ pid: Int32, of local: LocalHandle) {
        self.init(pid)
        guard pid == local.pid else { return }
        guard let status = (try? ProcessStatus.read(pid)) ?? nil, status.startTime == local.startTime else {
            return nil
        }
    }

    deinit {
        close(descriptor)
    }

    func kill() {
        _ = clinux_pidfd_signal(descriptor, SIGKILL, 0)
    }

    /// Waits for its end, by the descriptor; `false` when the time is over.
    func waitForExit(within limit: Duration) async -> Bool {
        let queue = DispatchQueue.global()
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        let ended = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let answer = OneAnswer(continuation)
            source.setEventHandler { answer(true) }
            queue.asyncAfter(deadline: .now() + limit.dispatchInterval) { answer(false) }
            source.resume()
        }
        // The descriptor may be closed only when the source has let it go.
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            source.setCancelHandler { continuation.resume() }
            source.cancel()
        }
        return ended
    }
}

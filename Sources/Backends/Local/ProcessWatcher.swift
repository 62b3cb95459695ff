import CLinux
import Dispatch
import Glibc
import MultipleSpawner
import Synchronization

/// Knows of each process whether it lives, by a pidfd: the end of a process is heard, never asked for.
///
/// It is a memory of what can be found out again. A handle that it does not know, after a restart of the daemon, is
/// attached on the first look: the process is opened by its number, and only then is the start time compared.
final class ProcessWatcher: Sendable {
    /// What is known of a handle's process.
    enum Sight: Sendable, Hashable {
        case running
        case exited(Int32?)
        case unreadable(String)
    }

    private struct Watched {
        let local: LocalHandle
        let descriptor: Int32
        let source: any DispatchSourceRead
        var exit: Int32??
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
    }

    private struct State {
        var processes: [Handle: Watched] = [:]
        var listeners: [Int: (kind: BackendKind, stream: AsyncStream<Handle>.Continuation)] = [:]
        var nextNumber = 0

        mutating func number() -> Int {
            nextNumber += 1
            return nextNumber
        }
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "multiplespawner.local.watcher")
    private let bootID: String

    init(bootID: String) {
        self.bootID = bootID
    }

    deinit {
        state.withLock { state in
            for process in state.processes.values { process.source.cancel() }
            for listener in state.listeners.values { listener.stream.finish() }
        }
    }

    /// Watches a process whose pidfd is open, and owns the descriptor from here on.
    func watch(_ handle: Handle, _ local: LocalHandle, descriptor: Int32) {
        state.withLock { state in
            guard state.processes[handle] == nil else {
                close(descriptor)
                return
            }
            let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
            source.setEventHandler { [weak self] in self?.ended(handle) }
            source.setCancelHandler { close(descriptor) }
            state.processes[handle] = Watched(local: local, descriptor: descriptor, source: source)
            source.resume()
        }
    }

    /// What is known without asking the system; `nil` for a handle that is not watched.
    func known(_ handles: [Handle]) -> [Sight?] {
        state.withLock { state in
            handles.map { handle in
                guard let process = state.processes[handle] else { return nil }
                return process.exit.map { .exited($0) } ?? .running
            }
        }
    }

    func local(_ handle: Handle) -> LocalHandle? {
        state.withLock { $0.processes[handle]?.local }
    }

    /// Finds the process of a handle again and watches it from now on.
    func attach(_ handle: Handle, _ local: LocalHandle) -> Sight {
        if let sight = known([handle])[0] { return sight }
        guard local.bootID == bootID else { return .exited(nil) }
        let descriptor = clinux_pidfd_open(local.pid)
        let openError = errno
        // ESRCH: no such process. EINVAL: the number now belongs to a thread.
        if descriptor < 0, openError == ESRCH || openError == EINVAL { return .exited(nil) }
        // Read after the descriptor was opened: if this is the process, the descriptor is the process's too.
        let sight: Sight
        do throws(SystemError) {
            let status = try ProcessStatus.read(local.pid)
            if let status, status.startTime == local.startTime {
                sight = status.isDead ? .exited(descriptor < 0 ? nil : Self.reap(descriptor)) : .running
            } else {
                sight = .exited(nil)
            }
        } catch {
            sight = .unreadable("/proc/\(local.pid)/stat cannot be read: \(error)")
        }
        guard sight == .running, descriptor >= 0 else {
            if descriptor >= 0 { close(descriptor) }
            return sight
        }
        watch(handle, local, descriptor: descriptor)
        return sight
    }

    /// Signals the process, or its group, if it still is the one that the handle names.
    ///
    /// Under the lock, because an own child's number cannot be given again before `ended` has reaped it there.
    func signal(_ handle: Handle, _ number: Int32, group: Bool) {
        state.withLock { state in
            guard let process = state.processes[handle], process.exit == nil else { return }
            guard clinux_pidfd_signal(process.descriptor, number, group ? 1 : 0) != 0 else { return }
            // Kernels before 6.9 know no group here.
            if group, errno == EINVAL, clinux_pidfd_signal(process.descriptor, 0, 0) == 0 {
                kill(-process.local.pid, number)
            }
        }
    }

    /// Waits for the end of a watched process; `false` when the time is over. Not cancellable: a stop goes to its end.
    func waitForExit(_ handle: Handle, within limit: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            let number: Int? = state.withLock { state in
                guard let process = state.processes[handle], process.exit == nil else { return nil }
                let number = state.number()
                state.processes[handle]?.waiting[number] = continuation
                return number
            }
            guard let number else {
                continuation.resume(returning: true)
                return
            }
            queue.asyncAfter(deadline: .now() + limit.dispatchInterval) { [weak self] in
                let late = self?.state.withLock { $0.processes[handle]?.waiting.removeValue(forKey: number) }
                late?.resume(returning: false)
            }
        }
    }

    /// Drops what is known of a session that was stopped.
    func forget(_ handle: Handle) {
        let process = state.withLock { $0.processes.removeValue(forKey: handle) }
        guard let process else { return }
        if process.exit == nil { process.source.cancel() }
        for waiting in process.waiting.values { waiting.resume(returning: true) }
    }

    /// The handles of one backend whose processes end, from now on.
    func changes(of kind: BackendKind) -> AsyncStream<Handle> {
        AsyncStream { continuation in
            let number = state.withLock { state in
                let number = state.number()
                state.listeners[number] = (kind, continuation)
                return number
            }
            continuation.onTermination = { [weak self] _ in
                self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
            }
        }
    }

    private func ended(_ handle: Handle) {
        let (waiting, listeners) = state.withLock { state in
            guard let process = state.processes[handle], process.exit == nil else {
                return ([CheckedContinuation<Bool, Never>](), [AsyncStream<Handle>.Continuation]())
            }
            state.processes[handle]?.exit = .some(Self.reap(process.descriptor))
            state.processes[handle]?.waiting = [:]
            process.source.cancel()
            let listeners = state.listeners.values.filter { $0.kind == handle.backend }.map(\.stream)
            return (Array(process.waiting.values), listeners)
        }
        for continuation in waiting { continuation.resume(returning: true) }
        for listener in listeners { listener.yield(handle) }
    }

    /// The exit status of an own child; what a former daemon started has another parent, and nobody tells.
    private static func reap(_ descriptor: Int32) -> Int32? {
        var status: Int32 = 0
        return clinux_pidfd_reap(descriptor, &status) == 1 ? status : nil
    }
}

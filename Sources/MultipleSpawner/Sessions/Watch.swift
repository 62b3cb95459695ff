import Logging
import Synchronization

/// Sees when servers end: all sessions of one backend in one look, now and then, and at once where the backend knows.
struct Watch: Sendable {
    let backend: any Backend
    let log: Logger
    /// The handles of the backend's sessions that run now.
    let running: @Sendable () async -> [Handle]
    /// Told of each server that is gone.
    let ended: @Sendable (Handle, StopReason) async -> Void

    private let complaints = Complaints()

    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await handle in backend.changes() { await look(at: [handle]) }
            }
            group.addTask {
                while !Task.isCancelled {
                    let handles = await running()
                    if !handles.isEmpty { await look(at: handles) }
                    do { try await Task.sleep(for: backend.pollInterval) } catch { return }
                }
            }
        }
    }

    private func look(at handles: [Handle]) async {
        var silent: [String: Int] = [:]
        for observation in await backend.poll(handles) {
            switch observation.state {
            case .running: continue
            case .exited(let code): await ended(observation.handle, .exited(code))
            case .lost(let reason):
                await ended(observation.handle, .failed(SessionFailure(SpawnError(.backendFailed, reason))))
            // Unknown is not dead: the session stays what it is until somebody can tell.
            case .unreachable(let reason): silent[reason, default: 0] += 1
            }
        }
        complaints.tell(silent, about: handles.count, to: log)
    }
}

/// What was complained of last: a place that is away for an hour is worth two lines, and not one a session each time.
private final class Complaints: Sendable {
    private let last = Mutex<Set<String>>([])

    func tell(_ silent: [String: Int], about asked: Int, to log: Logger) {
        let before = last.withLock { last in
            defer { last = Set(silent.keys) }
            return last
        }
        for (reason, count) in silent where !before.contains(reason) {
            log.warning(
                "cannot tell whether sessions run",
                metadata: ["sessions": "\(count) of \(asked)", "reason": "\(reason)"])
        }
        if silent.isEmpty, !before.isEmpty { log.notice("sessions can be looked at again") }
    }
}

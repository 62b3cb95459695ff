import Logging

/// Sees when servers end: all sessions of one backend in one look, now and then, and at once where the backend knows.
struct Watch: Sendable {
    let backend: any Backend
    let log: Logger
    /// The handles of the backend's sessions that run now.
    let running: @Sendable () async -> [Handle]
    /// Told of each server that is gone.
    let ended: @Sendable (Handle, StopReason) async -> Void

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
        for observation in await backend.poll(handles) {
            switch observation.state {
            case .running: continue
            case .exited(let code): await ended(observation.handle, .exited(code))
            case .lost(let reason):
                log.warning("a server is lost", metadata: ["reason": "\(reason)"])
                await ended(observation.handle, .failed(SessionFailure(SpawnError(.backendFailed, reason))))
            case .unreachable(let reason):
                // Unknown is not dead: the session stays what it is until somebody can tell.
                log.warning("cannot tell whether a session runs", metadata: ["reason": "\(reason)"])
            }
        }
    }
}

import CLinux
import Glibc
import MultipleSpawner

extension LocalMachine {
    /// Ends a session: asks first, then kills whatever is left of its tree, and waits until that is gone.
    ///
    /// It goes to its end also when the calling task is cancelled: half a stop would leave something behind.
    func stop(_ handle: Handle, grace: Duration) async throws(SpawnError) {
        let local = try trusted(handle)
        if case .running = await attached(handle, local) {
            await askToEnd(handle, local, grace: grace)
        }
        try await killTree(handle, local)
        await LocalCgroup(paths: local.cgroups).remove(within: .seconds(1))
        if let log = local.log { LocalLog(path: log).remove() }
        ports.release(local.port, of: local.session)
        watcher.forget(handle)
    }

    func attached(_ handle: Handle, _ local: LocalHandle) async -> ProcessWatcher.Sight {
        if let sight = watcher.known([handle])[0] { return sight }
        return await BlockingWork.run { [watcher] in watcher.attach(handle, local) }
    }

    private func askToEnd(_ handle: Handle, _ local: LocalHandle, grace: Duration) async {
        var left = grace
        if let interrupt = local.interruptTimeout, interrupt > 0, left > .zero {
            let limit = min(left, .seconds(interrupt))
            watcher.signal(handle, SIGINT, group: true)
            if await watcher.waitForExit(handle, within: limit) { return }
            left -= limit
        }
        guard left > .zero else { return }
        watcher.signal(handle, SIGTERM, group: true)
        _ = await watcher.waitForExit(handle, within: local.termTimeout.map { min(left, .seconds($0)) } ?? left)
    }

    private func killTree(_ handle: Handle, _ local: LocalHandle) async throws(SpawnError) {
        let sight = await attached(handle, local)
        if case .unreadable(let reason) = sight {
            throw SpawnError(.unavailable, "process \(local.pid) cannot be looked at: \(reason)")
        }
        guard local.bootID == bootID else { return }
        let limit = Duration.seconds(local.killTimeout ?? 5)
        let cgroup = LocalCgroup(paths: local.cgroups)
        try await killAll(cgroup, within: limit) { [watcher] in
            // Once the leader is gone its number means nothing any more.
            let lives = watcher.known([handle])[0] == .running
            return ProcessTree.members(of: local, leaderLives: lives).compactMap { DoomedProcess($0, of: local) }
        }
        // Dead, but perhaps not reaped: only the watcher does that, and it forgets the handle next.
        _ = await watcher.waitForExit(handle, within: limit)
    }

    /// Ends what an earlier attempt of the same session may have left when the daemon was killed right after its fork.
    func killLeftovers(of session: SessionID) async throws(SpawnError) {
        // Made before the fork and removed by the stop: without a log there was no such attempt.
        guard access(log(of: session).path, F_OK) == 0 else { return }
        let forgotten = LocalHandle(
            session: session, pid: 0, startTime: 0, bootID: bootID, uid: 0, address: "", port: 0,
            cgroups: hierarchies.map { "\($0.base)/\(session.rawValue)" })
        let cgroup = LocalCgroup(paths: forgotten.cgroups)
        try await killAll(cgroup, within: .seconds(5)) {
            ProcessTree.members(of: forgotten, leaderLives: false).compactMap { DoomedProcess($0) }
        }
        await cgroup.remove(within: .seconds(1))
    }

    /// Kills in rounds until nobody is found any more: a process may have been forked while the others were counted.
    private func killAll(
        _ cgroup: LocalCgroup, within limit: Duration, _ find: @escaping @Sendable () -> [DoomedProcess]
    ) async throws(SpawnError) {
        let clock = ContinuousClock()
        let end = clock.now + limit
        while true {
            let round = await BlockingWork.run {
                // Opened before they are killed: a number that was given again is not hit.
                let doomed = find()
                cgroup.kill()
                for process in doomed { process.kill() }
                return doomed
            }
            guard !round.isEmpty else { return }
            for process in round {
                guard await process.waitForExit(within: end - clock.now) else {
                    throw SpawnError(
                        .timedOut,
                        "process \(process.pid) of a session does not end, although it was killed; it may be waiting "
                            + "for a disk; try again")
                }
            }
        }
    }
}

import CLinux
import Glibc
import MultipleSpawner

extension LocalMachine {
    /// Starts a server. Between the fork and the checkpoint there is no suspension: the process is written down, or it
    /// carries its label.
    func start(
        _ plan: SessionPlan, kind: BackendKind, switchesAccount: Bool, checkpoint: Checkpoint
    ) async throws(SpawnError) -> Endpoint {
        let options = LocalOptions(plan.options, switchesAccount: switchesAccount)
        // A directory service may be slow to name the account.
        let place = try await BlockingWork.run { Result { () throws(SpawnError) in try LocalPlace(plan, options) } }
            .get()
        try await killLeftovers(of: plan.id)
        guard !Task.isCancelled else { throw cancelled(plan) }

        let address = Self.address(plan, options)
        let port = try ports.take(options.port ?? plan.settings.port, at: address, for: plan.id)
        let server: PreparedServer
        do throws(SpawnError) {
            server = try prepare(plan, options, place, address: address, port: port, kind: kind)
        } catch {
            ports.release(port, of: plan.id)
            throw error
        }
        let launched: (handle: Handle, endpoint: Endpoint)
        do throws(SpawnError) {
            // Groups that cannot be forked into take the kernel so long that no cooperative thread may wait for it.
            // Nothing is lost on the way back: that wait cannot be cancelled.
            launched =
                if server.cgroup.needsMove {
                    try await BlockingWork.run { Result { () throws(SpawnError) in try launch(server) } }.get()
                } else {
                    try launch(server)
                }
        } catch {
            // A child that failed may not have left its group yet.
            await server.cgroup.remove(within: .seconds(1))
            server.log.remove()
            ports.release(port, of: plan.id)
            throw error
        }
        do {
            try await checkpoint(launched.handle)
        } catch {
            // Nobody knows of it, so nobody would stop it.
            try await stop(launched.handle, grace: .zero)
            throw SpawnError(wrapping: error, "the start of \(plan.identity.label.excerpt) could not be written down")
        }
        return launched.endpoint
    }

    /// A server that only needs to be forked.
    private struct PreparedServer: Sendable {
        let launch: Launch
        let cgroup: LocalCgroup
        let log: LocalLog
        /// The handle, but for the process.
        let local: LocalHandle
        let kind: BackendKind
        let endpoint: Endpoint
    }

    private func prepare(
        _ plan: SessionPlan, _ options: LocalOptions, _ place: LocalPlace, address: String, port: Int,
        kind: BackendKind
    ) throws(SpawnError) -> PreparedServer {
        let command = try LocalCommand(plan, options)
        var environment = try LocalEnvironment(
            plan, options, place, address: address, port: port, kind: kind, owner: logDirectory)
        let executable = try command.executable(
            path: environment.variables["PATH"] ?? LocalEnvironment.defaultPath, directory: place.directory)
        let memory = options.memoryLimit(over: plan)
        let cpu = options.cpuLimit(over: plan)
        environment.set(memoryLimit: memory, cpuLimit: cpu)

        let log = log(of: plan.id)
        let cgroup = try LocalCgroup.make(plan.id, memory: memory, cpu: cpu, in: hierarchies)
        return PreparedServer(
            launch: Launch(
                executable: executable, arguments: command.arguments, environment: environment.entries, place: place,
                leastUID: options.allowsRoot ? 0 : options.leastUID, openFileLimit: openFileLimit),
            cgroup: cgroup, log: log,
            local: LocalHandle(
                session: plan.id, pid: 0, startTime: 0, bootID: bootID, uid: place.account?.uid ?? geteuid(),
                address: address, port: port, cgroups: cgroup.paths, log: log.path,
                interruptTimeout: options.interruptTimeout, termTimeout: options.termTimeout,
                killTimeout: options.killTimeout),
            kind: kind,
            endpoint: Endpoint(
                scheme: environment.service.scheme, host: Self.reachable(address), port: port))
    }

    /// The fork and the watch, without a suspension.
    private func launch(_ server: PreparedServer) throws(SpawnError) -> (Handle, Endpoint) {
        let (pid, descriptor) = try server.launch.run(log: server.log, cgroup: server.cgroup)
        var local = server.local
        local.pid = pid
        local.startTime = try startTime(pid, descriptor)
        let handle = try Handle(local, backend: server.kind)
        watcher.watch(handle, local, descriptor: descriptor)
        return (handle, server.endpoint)
    }

    /// The child is not reaped, so it is there, if only as a zombie. Without its start time it is not found again.
    private func startTime(_ pid: Int32, _ descriptor: Int32) throws(SpawnError) -> UInt64 {
        if let status = (try? ProcessStatus.read(pid)) ?? nil { return status.startTime }
        _ = clinux_pidfd_signal(descriptor, SIGKILL, 1)
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        close(descriptor)
        throw SpawnError(.overCapacity, "/proc/\(pid)/stat cannot be read; raise the daemon's limit on open files")
    }

    private func cancelled(_ plan: SessionPlan) -> SpawnError {
        SpawnError(.unavailable, "the start of \(plan.identity.label.excerpt) was cancelled")
    }

    private static func address(_ plan: SessionPlan, _ options: LocalOptions) -> String {
        let address = options.address ?? plan.settings.address ?? ""
        return switch address {
        case "", "localhost": "127.0.0.1"
        case "*": "0.0.0.0"
        default: address
        }
    }

    /// Where a server that binds to this address is reached from this machine.
    static func reachable(_ address: String) -> String {
        switch address {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: address
        }
    }
}

extension LocalOptions {
    /// The template's limit wins over the hub's; what the user chose may only be less.
    func memoryLimit(over plan: SessionPlan) -> Int? {
        Self.limit(memoryLimit, chosen: plan.limits.memory, hub: plan.settings.memoryLimit)
    }

    func cpuLimit(over plan: SessionPlan) -> Double? {
        Self.limit(cpuLimit, chosen: plan.limits.cpu, hub: plan.settings.cpuLimit)
    }

    static func limit<Value: Comparable>(_ template: Value?, chosen: Value?, hub: Value?) -> Value? {
        guard let template else { return chosen ?? hub }
        guard let chosen, chosen != hub else { return template }
        return min(template, chosen)
    }
}

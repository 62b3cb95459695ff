import Logging
import MultipleSpawner
import Synchronization
import Transport

/// A port of another machine that leads to the hub, for as long as it is wanted: it is opened again, and is the same
/// one, whenever the connection was lost.
final class HubDoor: Sendable {
    private struct State {
        var port: Int?
        var failure: SpawnError?
        var isOpen = false
        var isClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var task: Task<Void, Never>?
        /// What is waited for before the next try.
        var rest: Task<Bool, Never>?
    }

    private let machines: SSHMachines
    private let place: SSHPlace
    private let end: TunnelPoint
    private let log: Logger
    private let state: Mutex<State>

    /// - Parameter port: the one that it has to be; `nil`: a free one, which it then stays.
    init(_ machines: SSHMachines, at place: SSHPlace, to end: TunnelPoint, port: Int?, log: Logger) {
        self.machines = machines
        self.place = place
        self.end = end
        self.log = log
        state = Mutex(State(port: port))
        let task = Task { await keep() }
        state.withLock { $0.task = task }
    }

    /// The port, once it is open. Where the last try failed, another is made at once: what was in the way may be gone.
    ///
    /// - Throws: why it cannot be opened.
    func port() async throws -> Int {
        await withCheckedContinuation { continuation in
            let isSettled = state.withLock { state in
                if state.isOpen || state.isClosed { return true }
                state.waiting.append(continuation)
                state.rest?.cancel()
                return false
            }
            if isSettled { continuation.resume() }
        }
        try Task.checkCancellation()
        let (port, isOpen, failure) = state.withLock { ($0.port, $0.isOpen, $0.failure) }
        if isOpen, let port { return port }
        throw failure ?? SpawnError(.unavailable, "the way from \(place) to the hub was closed")
    }

    func close() async {
        let task = state.withLock { state in
            state.isClosed = true
            return state.task
        }
        task?.cancel()
        settle { _ in }
        await task?.value
    }

    private func keep() async {
        var pause = Duration.milliseconds(500)
        while !Task.isCancelled {
            do {
                let link = try await machines.link(to: place)
                let (tunnel, port) = try await open(over: link)
                pause = .milliseconds(500)
                // Starts wait for the port, and need no note of it.
                let noting = Task { await note(port, over: link) }
                settle { state in
                    state.port = port
                    state.isOpen = true
                    state.failure = nil
                }
                let (ends, end) = AsyncStream<Void>.makeStream()
                // Not a child: what waits for the end of a connection cannot be told to stop waiting.
                Task {
                    _ = await link.ended()
                    end.finish()
                }
                for await _ in ends {}
                settle { $0.isOpen = false }
                await noting.value
                if Task.isCancelled { await shut(tunnel, port, over: link) }
            } catch {
                let failure = SpawnError(wrapping: error, as: .unavailable, "the way from \(place) to the hub is shut")
                let isNew = state.withLock { $0.failure?.message != failure.message }
                if isNew, !Task.isCancelled {
                    log.warning(
                        "servers cannot reach the hub", metadata: ["place": "\(place)", "reason": "\(failure)"])
                }
                settle { $0.failure = failure }
                if await rest(pause) { pause = min(pause * 2, .seconds(30)) }
            }
        }
    }

    /// Waits for that long, or until somebody asks for the port.
    ///
    /// - Returns: whether nobody asked.
    private func rest(_ length: Duration) async -> Bool {
        let rest = Task { (try? await Task.sleep(for: length)) != nil }
        state.withLock { state in
            state.rest = rest
            if !state.waiting.isEmpty { rest.cancel() }
        }
        return await withTaskCancellationHandler {
            await rest.value
        } onCancel: {
            rest.cancel()
        }
    }

    private func open(over link: any SSHLink) async throws -> (any BackwardTunnel, port: Int) {
        let wanted = state.withLock { $0.port } ?? 0
        let local = TunnelEnd.tcp(host: end.host, port: end.port)
        let tunnel: any BackwardTunnel
        do {
            tunnel = try await link.listen(at: .tcp(host: "127.0.0.1", port: wanted), carryingTo: local)
        } catch let error as SpawnError where error.code == .conflict && wanted != 0 {
            // A connection of ours that was cut may hold it still, for as long as its server does not notice.
            let program = DoorProgram(base: SSHOptions.usualBase, port: wanted)
            _ = try await link.run(program.freeing().command(limit: .seconds(10)))
            tunnel = try await link.listen(at: .tcp(host: "127.0.0.1", port: wanted), carryingTo: local)
        }
        guard case .tcp(_, let port) = tunnel.remote else {
            throw SpawnError(.internal, "a tunnel's other end is no port")
        }
        return (tunnel, port)
    }

    /// Writes down there who holds the port, to free it sooner where the connection is cut. Who cannot, waits longer then.
    private func note(_ port: Int, over link: any SSHLink) async {
        let program = DoorProgram(base: SSHOptions.usualBase, port: port)
        _ = try? await link.run(program.noting().command(limit: .seconds(5)))
    }

    /// Takes back what was opened and written down. What cannot be reached now is of no use to anybody.
    private func shut(_ tunnel: any BackwardTunnel, _ port: Int, over link: any SSHLink) async {
        // Who closes it has cancelled this task, and what is asked in it would not be done.
        _ = await Task {
            await within(.seconds(5)) {
                await tunnel.close()
                let program = DoorProgram(base: SSHOptions.usualBase, port: port).forgetting()
                _ = try? await link.run(program.command(limit: .seconds(5)))
            }
        }.value
    }

    private func settle(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

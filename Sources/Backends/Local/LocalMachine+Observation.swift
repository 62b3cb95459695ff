import Glibc
import MultipleSpawner

extension LocalMachine {
    /// What became of many sessions. What is watched is answered from memory; the others, after a restart, are found.
    func poll(_ handles: [Handle]) async -> [Observation] {
        let known = watcher.known(handles)
        guard known.contains(nil) else { return zip(handles, known).map { Observation($0, State($1)) } }
        return await BlockingWork.run { [self] in
            zip(handles, known).map { handle, sight in
                if let sight { return Observation(handle, State(sight)) }
                do throws(SpawnError) {
                    return Observation(handle, State(watcher.attach(handle, try trusted(handle))))
                } catch {
                    return Observation(handle, .unreachable(error.message))
                }
            }
        }
    }

    /// Whether the server accepts connections, and no stranger in its place.
    func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws(SpawnError) -> Bool {
        let local = try trusted(handle)
        switch await attached(handle, local) {
        case .running: break
        case .exited(let status): throw ended(local, status, at: endpoint)
        case .unreadable(let reason):
            throw SpawnError(.unavailable, "process \(local.pid) cannot be looked at: \(reason)")
        }
        guard let address = SocketAddress(endpoint.host, port: endpoint.port) else {
            throw SpawnError(.invalidRequest, "'\(endpoint.host.excerpt)' is no IP address")
        }
        guard address.accepts() else { return false }
        switch await listener(of: local, at: address, port: endpoint.port) {
        case .own:
            ports.release(endpoint.port, of: local.session)
            return true
        // It went away again, or came between the two looks.
        case .nobody: return false
        case .stranger: throw portTaken(endpoint)
        }
    }

    private enum Listener: Sendable {
        case own, stranger, nobody
    }

    private func listener(of local: LocalHandle, at address: SocketAddress, port: Int) async -> Listener {
        await BlockingWork.run {
            let sockets = ListeningSocket.all(at: address, port: port)
            guard !sockets.isEmpty else { return .nobody }
            var members: Set<Int32>?
            let areOwn = sockets.allSatisfy { socket in
                if ProcessTree.holds(socket: socket.inode, [local.pid]) == true { return true }
                let others = members ?? ProcessTree.members(of: local, leaderLives: true)
                members = others
                // Where descriptors may not be looked at, the account is what can be known.
                return ProcessTree.holds(socket: socket.inode, others) ?? (socket.uid == local.uid)
            }
            return areOwn ? .own : .stranger
        }
    }

    private func portTaken(_ endpoint: Endpoint) -> SpawnError {
        SpawnError(
            .unavailable,
            "port \(endpoint.port) at '\(endpoint.host.excerpt)' was taken by another process; start on another port"
        )
    }

    /// Why there is no process any more: its port was taken, or it says so itself in its log.
    private func ended(_ local: LocalHandle, _ status: Int32?, at endpoint: Endpoint) -> SpawnError {
        if let address = SocketAddress(endpoint.host, port: endpoint.port), address.accepts() {
            return portTaken(endpoint)
        }
        let how =
            switch status {
            case .some(let signal) where signal < 0: "was ended by signal \(-signal)"
            case .some(let status): "ended with exit status \(status)"
            case nil: "ended"
            }
        return SpawnError(
            .backendFailed, "the server \(how) before it answered; see the end of its log",
            details: local.log.map { LocalLog(path: $0).lastLines() } ?? [])
    }
}

extension LocalMachine {
    fileprivate typealias State = Observation.State
}

extension Observation.State {
    fileprivate init(_ sight: ProcessWatcher.Sight?) {
        switch sight {
        case .running: self = .running
        case .exited(let status): self = .exited(status)
        case .unreadable(let reason): self = .unreachable(reason)
        case nil: self = .unreachable("nothing is known of it")
        }
    }
}

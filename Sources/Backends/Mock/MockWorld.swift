import Dispatch
public import MultipleSpawner
import Synchronization

/// The place where mock servers run, open to the eyes of tests.
///
/// It plays the part of the machine; it is not the backend's memory. Servers that were given a directory are also files
/// there, and outlive the process as real ones would.
public final class MockWorld: Sendable {
    struct Server: Sendable {
        let mock: MockHandle
        let identity: SessionIdentity?
        var exit: Int32?
        var isAlive = true
    }

    private struct State {
        var servers: [Handle: Server] = [:]
        var directories: Set<String>
        var listeners: [Int: AsyncStream<Handle>.Continuation] = [:]
        var lastListener = 0
        var startCount = 0
        var doubles: [SessionID] = []
        var living: [SessionID: Handle] = [:]
        var lastPort = 0
    }

    private let state: Mutex<State>
    private let timers = DispatchQueue(label: "multiplespawner.mock.timers")

    /// - Parameter directory: Where servers of an earlier life are looked for by `census`, before any plan or handle
    ///   names that directory.
    public init(directory: String? = nil) {
        state = Mutex(State(directories: directory.map { [$0] } ?? []))
    }

    /// The sessions whose servers run now, as far as this process has seen them.
    public var running: Set<SessionID> { state.withLock { Set($0.living.keys) } }

    /// How many servers were started.
    public var startCount: Int { state.withLock { $0.startCount } }

    /// Sessions for which a second server was asked while the first one lived. None, if all is well.
    public var doubles: [SessionID] { state.withLock { $0.doubles } }

    /// Lets a server end by itself, now.
    public func end(_ session: SessionID, status: Int32 = 0) {
        let (handle, listeners) = state.withLock { state in
            let handle = state.living.removeValue(forKey: session)
            if let handle {
                state.servers[handle]?.exit = status
                state.servers[handle]?.isAlive = false
                state.servers[handle].map { MockFile($0.mock)?.remove() }
            }
            return (handle, Array(state.listeners.values))
        }
        guard let handle else { return }
        for listener in listeners { listener.yield(handle) }
    }

    /// A port that nobody listens on, and that no other mock server was given for a long while.
    func madeUpPort() -> Int {
        state.withLock { state in
            state.lastPort = (state.lastPort + 1) % 40_000
            return 20_000 + state.lastPort
        }
    }

    /// Begins a server's life; a second one of the same session is a conflict.
    func begin(_ handle: Handle, _ mock: MockHandle, _ identity: SessionIdentity) throws(SpawnError) {
        do throws(SpawnError) {
            try state.withLock { state throws(SpawnError) in
                guard state.living[mock.session] == nil else { throw MockFile.isDouble(mock.session) }
                try MockFile(mock)?.create(handle, identity)
                if let world = mock.world { state.directories.insert(world) }
                state.startCount += 1
                state.living[mock.session] = handle
                state.servers[handle] = Server(mock: mock, identity: identity)
            }
        } catch {
            if error.code == .conflict { state.withLock { $0.doubles.append(mock.session) } }
            throw error
        }
        scheduleEnd(mock)
    }

    /// Removes every trace of a server.
    func remove(_ handle: Handle, _ mock: MockHandle) {
        let listeners = state.withLock { state -> [AsyncStream<Handle>.Continuation] in
            if let world = mock.world { state.directories.insert(world) }
            MockFile(mock)?.remove()
            let wasAlive = state.servers.removeValue(forKey: handle)?.isAlive ?? false
            if state.living[mock.session] == handle { state.living[mock.session] = nil }
            return wasAlive ? Array(state.listeners.values) : []
        }
        for listener in listeners { listener.yield(handle) }
    }

    /// What is known of servers without reading their handles; `nil` for one of an earlier life.
    func known(_ handles: [Handle]) -> [Server?] {
        let servers = state.withLock { state in handles.map { state.servers[$0] } }
        return servers.map { server in
            // A file that is gone was removed by another life of the daemon.
            guard var server, server.isAlive, let file = MockFile(server.mock), !file.exists else { return server }
            server.isAlive = false
            return server
        }
    }

    /// Takes up a server of an earlier life, if its file is still there.
    func find(_ handle: Handle, _ mock: MockHandle) -> Server? {
        guard let file = MockFile(mock), file.exists else { return nil }
        let (server, isNew) = state.withLock { state in
            if let known = state.servers[handle] { return (known, false) }
            let server = Server(mock: mock, identity: nil)
            state.directories.insert(file.directory)
            state.servers[handle] = server
            state.living[mock.session] = handle
            return (server, true)
        }
        if isNew { scheduleEnd(mock) }
        return server
    }

    /// Every server that lives, with those of an earlier life.
    func residents() throws(SpawnError) -> [Resident] {
        let (living, directories) = state.withLock { state in
            (state.living.values.compactMap { handle in state.servers[handle].map { (handle, $0) } }, state.directories)
        }
        var residents: [SessionID: Resident] = [:]
        for (handle, server) in living where server.mock.world == nil {
            let session = server.mock.session
            residents[session] = Resident(
                session: session, identity: server.identity, handle: handle,
                description: "mock server \(session.rawValue)")
        }
        for directory in directories {
            for resident in try MockFile.residents(in: directory) { residents[resident.session] = resident }
        }
        return Array(residents.values)
    }

    func changes() -> AsyncStream<Handle> {
        AsyncStream { continuation in
            let number = state.withLock { state in
                state.lastListener += 1
                state.listeners[state.lastListener] = continuation
                return state.lastListener
            }
            continuation.onTermination = { [weak self] _ in
                self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
            }
        }
    }

    private func scheduleEnd(_ mock: MockHandle) {
        guard let exitsAt = mock.exitsAt else { return }
        let left = Duration.seconds(max(0, exitsAt - MockClock.now))
        timers.asyncAfter(deadline: .now() + left.dispatchInterval) { [weak self] in
            self?.end(mock.session, status: mock.exitStatus)
        }
    }
}

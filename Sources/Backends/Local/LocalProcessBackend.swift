public import MultipleSpawner

/// A backend that starts processes on this machine. The two that there are differ in the account alone.
public protocol LocalProcessBackend: Backend {
    var machine: LocalMachine { get }

    /// What `switch_user` is when the options do not say.
    static var switchesAccount: Bool { get }
}

extension LocalProcessBackend {
    public static var options: ObjectShape { LocalOptions.shape }

    /// Returns after the fork. A port that was taken meanwhile shows in `isAnswering`, which then throws
    /// `.unavailable`: the whole start is to be done again, and takes another port.
    public func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        try await machine.start(
            plan, kind: Self.kind, switchesAccount: Self.switchesAccount, checkpoint: checkpoint)
    }

    public func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool {
        try await machine.isAnswering(handle, at: endpoint)
    }

    public func poll(_ handles: [Handle]) async -> [Observation] {
        await machine.poll(handles)
    }

    /// Every end of a process that was started, or looked at, by this daemon.
    public func changes() -> AsyncStream<Handle> {
        machine.watcher.changes(of: Self.kind)
    }

    /// The log is removed with the session; the error of a start that failed has its last lines.
    public func stop(_ handle: Handle, grace: Duration) async throws {
        try await machine.stop(handle, grace: grace)
    }

    public func logs(_ handle: Handle, follow: Bool) async throws -> LogStream {
        try await machine.logs(handle, follow: follow)
    }

    public func census() async throws -> Census {
        try await machine.census(Self.kind)
    }

    public func examine(_ options: JSONValue) async -> [Finding] {
        await machine.examine(options, switchesAccount: Self.switchesAccount)
    }

    public func confirm(
        _ handle: Handle, of session: SessionID, for identity: SessionIdentity
    ) async throws -> Handle? {
        try machine.confirm(handle, of: session, for: identity, kind: Self.kind)
    }

    public func adopt(
        original state: JSONValue, for identity: SessionIdentity
    ) async throws -> (handle: Handle, endpoint: Endpoint)? {
        guard let handle = try machine.handle(fromOriginal: state, for: identity, kind: Self.kind) else { return nil }
        let local = try machine.trusted(handle)
        return (handle, Endpoint(host: local.address, port: local.port))
    }
}

/// A place where servers run: a process on this machine, a container of a swarm, a process on another host.
///
/// A backend keeps no memory of its own. What it needs later is in the `Handle` that it checkpoints, so that a daemon
/// that was killed at any instant carries on, or undoes, from there. The promises, which `BackendContract` checks:
///
/// - `start` hands over a handle before the first suspension that could lose what the handle names, and may do so
///   again whenever more is known. What exists before that handle carries the session's label, so `census` finds it.
/// - `start` that throws, or is cancelled, leaves nothing behind, or a checkpointed handle.
/// - `stop` may be called with any handle that was ever checkpointed, twice, and at once; when it returns, all is gone.
/// - `poll` has no side effect, answers for every handle it is given, and never takes "could not ask" for "gone".
/// - an option that the backend does not know is an error that names it and the nearest one that it does.
public protocol Backend: Sendable {
    /// The name in journals, labels and handles.
    static var kind: BackendKind { get }

    /// The options that a template may give, as a declaration: what checks them and what describes them in the schema.
    static var options: ObjectShape { get }

    /// What the options of a template let its users choose beyond the hardware. Pure, and quick.
    static func menu(of options: JSONValue) -> Menu

    /// The options as they are for one request: the user's choice applied, and held to what the options allow.
    ///
    /// Pure. What it refuses is told to the user at once, before anything is opened for the request.
    ///
    /// - Parameters:
    ///   - options: the template's and the deployment's, checked and filled in.
    ///   - choice: what the user chose from the menu of these options.
    ///   - limits: the most hardware that the template lets a user ask for.
    /// - Throws: `invalid_request` or `forbidden` that names the key and what is allowed.
    static func settle(
        _ options: JSONValue, with choice: Choice, within limits: HardwareLimits
    ) throws(SpawnError) -> JSONValue

    /// The machines that a server with these options may be started on, where the options name some and an authenticator
    /// may have to make a way in. Pure, and quick.
    static func machines(of options: JSONValue) -> [MachineAddress]

    /// Whether those machines are reached from here, and not through others.
    static func reachesDirectly(_ options: JSONValue) -> Bool

    /// The machine of a plan, before its server is started there: over the connection that will start it.
    ///
    /// - Parameter account: whom to log in as; `nil`: as for the server itself.
    /// - Returns: `nil` where servers do not run on a machine that can be prepared.
    func workplace(for plan: SessionPlan, as account: String?) async throws -> Workplace?

    /// Commands on a machine that an earlier daemon may have prepared.
    ///
    /// - Parameter name: the name of its `Workplace`.
    func shell(at name: String) async throws -> any RemoteShell

    /// Told once, before any other call: what the journal says runs, starts or ends here.
    ///
    /// A backend that shares something out among its sessions, such as GPUs, knows again what is taken.
    func resume(_ handles: [Handle]) async

    /// Told whenever the files were read: the options that templates and deployments give this backend.
    ///
    /// Where a template may name a place of its own, `census` looks there too.
    func configured(by options: [JSONValue]) async

    /// Starts the server that the plan describes and returns where it will answer.
    ///
    /// It returns as soon as the address is known; whether the server answers there is asked by `isAnswering`.
    func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint

    /// Whether the server accepts connections at its own port, and is the one that was started.
    ///
    /// `false` is "not yet". A throw ends the start: the process is gone, or a stranger listens there.
    func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool

    /// What became of many sessions, in one look.
    func poll(_ handles: [Handle]) async -> [Observation]

    /// Handles that are worth a look at once. Where the platform tells of changes, `poll` need not be frequent.
    func changes() -> AsyncStream<Handle>

    /// How often `poll` is called when nothing is heard through `changes`.
    var pollInterval: Duration { get }

    /// Ends the session: asks first, insists after `grace`. Returns when it is gone; stopping twice is no error.
    func stop(_ handle: Handle, grace: Duration) async throws

    /// Told instead of a `stop` that could not be carried out, when the machine itself is gone: lets go of what is held on this
    /// side for the session.
    func abandon(_ handle: Handle) async

    /// The server's own log, from its beginning; with `follow`, until the session ends.
    func logs(_ handle: Handle, follow: Bool) async throws -> LogStream

    /// All that carries our labels in this place, whoever started it.
    ///
    /// A part of the place that does not answer is named in the answer. It throws only where nothing could be asked.
    func census() async throws -> Census

    /// What `census` has of one session: what a start may have left before its first checkpoint.
    func residents(of session: SessionID) async throws -> [Resident]

    /// Whether a session with these options could be served now, and what to do where not.
    func examine(_ options: JSONValue) async -> [Finding]

    /// The handle of a session as the place itself tells it, when what `handle` names runs and carries the labels of
    /// that session and that user; `nil` otherwise.
    ///
    /// A handle that a hub kept may name anything. It is never acted on: what this returns is.
    func confirm(_ handle: Handle, of session: SessionID, for identity: SessionIdentity) async throws -> Handle?

    /// Finds the server that the state of an original spawner means, where this backend continues it and the server is
    /// that user's.
    ///
    /// - Returns: `nil` when the state is not of a kind that this backend reads, or its server is gone.
    func adopt(
        original state: JSONValue, for identity: SessionIdentity
    ) async throws -> (handle: Handle, endpoint: Endpoint)?
}

extension Backend {
    public var kind: BackendKind { Self.kind }

    public var pollInterval: Duration { .seconds(30) }

    public static func menu(of options: JSONValue) -> Menu { Menu() }

    public static func settle(
        _ options: JSONValue, with choice: Choice, within limits: HardwareLimits
    ) throws(SpawnError) -> JSONValue { options }

    public static func machines(of options: JSONValue) -> [MachineAddress] { [] }

    public static func reachesDirectly(_ options: JSONValue) -> Bool { true }

    public func workplace(for plan: SessionPlan, as account: String?) async throws -> Workplace? { nil }

    public func shell(at name: String) async throws -> any RemoteShell {
        throw SpawnError(.unsupported, "a server of '\(kind.rawValue)' has no machine of its own to prepare")
    }

    public func resume(_ handles: [Handle]) async {}

    public func abandon(_ handle: Handle) async {}

    public func configured(by options: [JSONValue]) async {}

    public func residents(of session: SessionID) async throws -> [Resident] {
        try await census().whole().filter { $0.session == session }
    }

    public func changes() -> AsyncStream<Handle> {
        AsyncStream { $0.finish() }
    }

    public func confirm(
        _ handle: Handle, of session: SessionID, for identity: SessionIdentity
    ) async throws -> Handle? {
        let census = try await census()
        if let found = census.residents.first(where: { $0.session == session && $0.identity == identity }) {
            return found.handle
        }
        // What was not found may be where nobody could look.
        _ = try census.whole()
        return nil
    }

    public func adopt(
        original state: JSONValue, for identity: SessionIdentity
    ) async throws -> (handle: Handle, endpoint: Endpoint)? { nil }
}

/// The bytes of a server's log, in the pieces in which they came.
public typealias LogStream = AsyncThrowingStream<[UInt8], any Error>

/// What was seen of one session.
public struct Observation: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        case running
        /// It ended; the status where the platform still knew it.
        case exited(Int32?)
        /// It is gone, and did not end by itself; why, as the platform tells it: `the node 'worker-2' is down`.
        case lost(String)
        /// It could not be asked. Unknown is not dead.
        case unreachable(String)
    }

    public let handle: Handle
    public let state: State

    public init(_ handle: Handle, _ state: State) {
        self.handle = handle
        self.state = state
    }
}

/// One line of `doctor`.
public struct Finding: Sendable, Hashable, Codable {
    public enum Level: String, Sendable, Hashable, Codable {
        case ok, warning, failed
    }

    public let level: Level
    /// What was looked at: `local: jupyterhub-singleuser`.
    public let subject: String
    /// What was found and, where it is not well, what to do.
    public let message: String

    public init(_ level: Level, _ subject: String, _ message: String) {
        self.level = level
        self.subject = subject
        self.message = message
    }
}

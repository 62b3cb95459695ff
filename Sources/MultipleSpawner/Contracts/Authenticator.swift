/// Makes the way into a machine before a server starts there: a key, a certificate, a host key that was verified.
///
/// An authenticator keeps no memory of its own. What it made for a session is in the `Grant` that it checkpoints. The
/// promises:
///
/// - `prepare` hands over a grant **before** it makes what the grant names, and may do so again whenever more is known.
/// - `prepare` may be called again for the same session, after any failure, and then makes nothing a second time.
/// - `cleanup` may be called with any grant that was ever checkpointed, twice; when it returns, what was made for the
///   session alone is gone, and what others still use is there.
/// - a grant holds no secret: it is kept by the journal.
/// - an option that the authenticator does not know is an error that names it and the nearest one that it does.
public protocol Authenticator: Sendable {
    /// The name in journals and grants.
    static var kind: AuthenticatorKind { get }

    /// The options that a template may give, as a declaration: what checks them and what describes them in the schema.
    static var options: ObjectShape { get }

    /// Which options positional arguments are, in their order, where an original takes some.
    static var positionalOptions: [String] { get }

    /// Whether a machine that was made for a session with these options lets the next session of the same user in: what
    /// opens it is the same then, or the machine trusts who vouches for it.
    static func opensAgain(_ options: JSONValue) -> Bool

    /// Makes the way in.
    ///
    /// - Parameter checkpoint: writes a grant to the journal; it returns when that is on disk.
    /// - Throws: `invalid_request` for options that do not go together, `forbidden` for a machine that is not the one that
    ///   it should be, `unavailable` for what may go better later.
    func prepare(_ wanted: AccessRequest, checkpoint: GrantCheckpoint) async throws -> Credentials

    /// Makes anew what runs out while the server runs, such as a certificate. It is asked once after a restart, too.
    ///
    /// - Parameter checkpoint: writes a grant that replaces this one.
    /// - Returns: after how long to ask again; `nil` where nothing of the grant ever runs out.
    func renew(_ grant: Grant, checkpoint: GrantCheckpoint) async throws -> Duration?

    /// Undoes what `prepare` did. The server is stopped by then.
    func cleanup(_ grant: Grant) async throws

    /// Whether a way could be made now with these options, and what to do where not. It makes nothing.
    ///
    /// - Parameters:
    ///   - options: as the file gives them, placeholders not filled in.
    ///   - machines: where a server may be started, as far as the backend's options name it.
    func examine(_ options: JSONValue, machines: [MachineAddress]) async -> [Finding]
}

extension Authenticator {
    public var kind: AuthenticatorKind { Self.kind }

    public static var positionalOptions: [String] { [] }

    public static func opensAgain(_ options: JSONValue) -> Bool { true }

    public func renew(_ grant: Grant, checkpoint: GrantCheckpoint) async throws -> Duration? { nil }

    public func examine(_ options: JSONValue, machines: [MachineAddress]) async -> [Finding] { [] }
}

/// For whom a way is made, and where to.
public struct AccessRequest: Sendable {
    public var session: SessionID
    public var identity: SessionIdentity
    /// The authenticator's options, checked against its declaration, with placeholders filled in.
    public var options: JSONValue
    /// The machines on which the server may be started, as far as the backend's options name them.
    public var machines: [MachineAddress]
    /// Host keys that the machines' owner vouches for, as `TYPE BASE64`; none where nobody does.
    public var hostKeys: [String]
    public var lifetime: Lifetime
    public var startTimeout: Duration

    public init(
        session: SessionID, identity: SessionIdentity, options: JSONValue = [:], machines: [MachineAddress] = [],
        hostKeys: [String] = [], lifetime: Lifetime = Lifetime(), startTimeout: Duration = .seconds(60)
    ) {
        self.session = session
        self.identity = identity
        self.options = options
        self.machines = machines
        self.hostKeys = hostKeys
        self.lifetime = lifetime
        self.startTimeout = startTimeout
    }
}

extension AccessRequest: CustomStringConvertible, CustomReflectable {
    /// The options may hold a password: they are never shown.
    public var description: String { "\(session.rawValue) of \(identity.label.excerpt)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Prepares a machine before a server starts there: users, packages, what the server needs.
///
/// A configurer keeps no memory of its own. The promises:
///
/// - `apply` may run twice on one machine, and then changes nothing a second time.
/// - `apply` that throws fails the start, and says which task failed and with what message.
/// - `apply` hands over a trace **before** the first change that `cleanup` is to undo.
/// - `cleanup` may be called with any trace that was ever checkpointed, twice.
/// - a trace holds no secret: it is kept by the journal.
/// - an option that the configurer does not know is an error that names it and the nearest one that it does.
public protocol Configurer: Sendable {
    /// The name in journals and traces.
    static var kind: ConfigurerKind { get }

    /// The options that a template may give, as a declaration: what checks them and what describes them in the schema.
    static var options: ObjectShape { get }

    /// A cryptographic digest that is the same as long as applying would do the same: of the options, of all that they
    /// name, such as the contents of a playbook, and of the machine's own keys.
    ///
    /// A machine to which the same was applied before is passed over. `nil`: never passed over.
    func digest(of wanted: Preparation) async throws -> String?

    /// Prepares the machine.
    ///
    /// - Throws: `invalid_request` for options that do not go together, `backend_failed` with the failing task's message,
    ///   `timed_out`, `unavailable` where the machine cannot be reached.
    func apply(_ wanted: Preparation, checkpoint: TraceCheckpoint) async throws

    /// Undoes what `apply` did and its options say is to be undone. The server is stopped by then, and the way in to the
    /// machine is still there.
    ///
    /// - Parameter shell: commands on the machine that was prepared, as they were there for `apply`.
    func cleanup(_ trace: Trace, through shell: any RemoteShell) async throws

    /// Whether it could be applied now with these options, and what to do where not. It changes nothing.
    ///
    /// - Parameter options: as the file gives them, placeholders not filled in.
    func examine(_ options: JSONValue) async -> [Finding]
}

extension Configurer {
    public var kind: ConfigurerKind { Self.kind }

    public func examine(_ options: JSONValue) async -> [Finding] { [] }
}

/// What is to be prepared, and for whom.
public struct Preparation: Sendable {
    public var session: SessionID
    public var identity: SessionIdentity
    /// The configurer's options, checked against its declaration, with placeholders filled in.
    public var options: JSONValue
    /// The same as the file gives them, placeholders not filled in. It tells the words of an admin, who may write templates
    /// and commands, from what a placeholder brought in, which is data. What is not in it is taken for data.
    public var written: JSONValue
    public var machine: MachineAddress
    /// The account to log in as, where an option does not say it.
    public var account: String?
    /// The way in, as the authenticator made it; `nil` where the template has none.
    public var credentials: Credentials?
    /// Commands on that machine, over the session's own connection.
    public var shell: any RemoteShell
    /// The longest that all of it may take.
    public var limit: Duration

    public init(
        session: SessionID, identity: SessionIdentity, options: JSONValue = [:], written: JSONValue = [:],
        machine: MachineAddress, account: String? = nil, credentials: Credentials? = nil, shell: any RemoteShell,
        limit: Duration = .seconds(600)
    ) {
        self.session = session
        self.identity = identity
        self.options = options
        self.written = written
        self.machine = machine
        self.account = account
        self.credentials = credentials
        self.shell = shell
        self.limit = limit
    }
}

extension Preparation: CustomStringConvertible, CustomReflectable {
    /// The options may hold a password: they are never shown.
    public var description: String { "\(session.rawValue) of \(identity.label.excerpt) on \(machine)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

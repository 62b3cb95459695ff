import FoundationEssentials
import MultipleSpawner
import Synchronization

/// Ways in, in memory. It tells where the order of things was not kept.
final class ScriptedAuthenticator: Authenticator {
    static let kind: AuthenticatorKind = "scripted"
    static let options = ObjectShape([
        Field("key_name", .string, "What the way is called."), Field("rounds", .integer(0...9), "How often."),
        Field("load_existing", .boolean, "Whether it is there."),
    ])
    static let positionalOptions = ["load_existing"]

    static func opensAgain(_ options: JSONValue) -> Bool { options["load_existing"]?.boolValue == true }

    struct World: Hashable {
        /// What exists, by session.
        var made: Set<SessionID> = []
        var requests: [String] = []
        var prepared = 0
        var cleaned = 0
        /// How often `cleanup` fails before it works.
        var cleanupFailures = 0
        /// The grants that were renewed, and how often that fails before it works.
        var renewed: [String] = []
        var renewalFailures = 0
        /// What was done while a server ran.
        var beside: [String] = []
    }

    enum Failure: Sendable {
        case beforeCheckpoint, afterCheckpoint, afterMaking
    }

    let world = Mutex(World())
    private let backend: ScriptedBackend
    private let failure: Failure?
    private let gate: Gate?

    /// - Parameter gate: holds `prepare`, after it made the way, until it is opened.
    init(beside backend: ScriptedBackend, failure: Failure? = nil, gate: Gate? = nil) {
        self.backend = backend
        self.failure = failure
        self.gate = gate
    }

    func prepare(_ wanted: AccessRequest, checkpoint: GrantCheckpoint) async throws -> Credentials {
        if failure == .beforeCheckpoint { throw SpawnError(.forbidden, "the door is walled up; take another") }
        try await checkpoint(
            Grant(kind: Self.kind, version: 1, payload: wanted.session.rawValue))
        if failure == .afterCheckpoint { throw SpawnError(.forbidden, "the door is walled up; take another") }
        world.withLock { world in
            world.prepared += 1
            world.made.insert(wanted.session)
            world.requests.append("\(wanted.machines) \(wanted.options.text)")
            if backend.running > 0 { world.beside.append("prepare") }
        }
        if failure == .afterMaking { throw SpawnError(.forbidden, "the door is walled up; take another") }
        try await gate?.pass()
        await checkpoint.report("the door is open")
        return Credentials(account: "alice", keyFile: "/keys/\(wanted.session.rawValue)")
    }

    func renew(_ grant: Grant, checkpoint: GrantCheckpoint) async throws -> Duration? {
        let number = try world.withLock { world in
            guard world.renewalFailures == 0 else {
                world.renewalFailures -= 1
                throw SpawnError(.unavailable, "the smith is out")
            }
            world.renewed.append(grant.payload)
            return world.renewed.count
        }
        try await checkpoint(Grant(kind: Self.kind, version: 1, payload: "renewed \(number)"))
        return .zero
    }

    func cleanup(_ grant: Grant) async throws {
        try world.withLock { world in
            if backend.running > 0 { world.beside.append("cleanup") }
            guard world.cleanupFailures == 0 else {
                world.cleanupFailures -= 1
                throw SpawnError(.unavailable, "the line is cut")
            }
            world.cleaned += 1
            if grant.payload.hasPrefix("renewed") { world.made.removeAll() }
            if let id = SessionID(rawValue: grant.payload) { world.made.remove(id) }
        }
    }

    var made: Int { world.withLock { $0.made.count } }
}

/// A journal that remembers, right before and right after each write, how things were everywhere: what a daemon that
/// is killed there leaves behind.
final class CrashJournal: Journal {
    struct Moment: Sendable {
        let records: [SessionRecord]
        let servers: [SessionID: Handle]
        let ways: ScriptedAuthenticator.World
    }

    private let inner = MemoryJournal()
    private let seen = Mutex<[Moment]>([])
    private let backend: ScriptedBackend
    private let authenticator: ScriptedAuthenticator

    init(_ backend: ScriptedBackend, _ authenticator: ScriptedAuthenticator) {
        self.backend = backend
        self.authenticator = authenticator
    }

    func append(_ entries: [JournalEntry]) throws {
        look()
        try inner.append(entries)
        look()
    }

    func append(_ entry: MachineEntry) throws {
        look()
        try inner.append(entry)
        look()
    }

    func replay() throws -> [JournalEntry] { try inner.replay() }

    func replayMachines() throws -> [MachineEntry] { try inner.replayMachines() }

    func readUsage(since: Date, _ body: (UsageRecord) throws -> Void) throws {
        try inner.readUsage(since: since, body)
    }

    func forgetUsage(before: Date) throws { try inner.forgetUsage(before: before) }

    var moments: [Moment] { seen.withLock { $0 } }

    private func look() {
        let moment = Moment(
            records: inner.records, servers: backend.world.withLock { $0.servers },
            ways: authenticator.world.withLock { $0 })
        seen.withLock { $0.append(moment) }
    }
}

import FoundationEssentials
import MultipleSpawner
import Synchronization

/// A place in memory whose every answer the test decides.
final class ScriptedBackend: Backend {
    static let kind: BackendKind = "scripted"
    static let options = ObjectShape([Field("size", .integer(0...9), "How large.")])

    static func machines(of options: JSONValue) -> [MachineAddress] {
        [MachineAddress(host: options["host"]?.stringValue ?? "gpu-1")]
    }

    func workplace(for plan: SessionPlan, as account: String?) async throws -> Workplace? {
        Workplace(shell: PaperShell(), name: "desk")
    }

    func shell(at name: String) async throws -> any RemoteShell {
        guard name == "desk" else { throw SpawnError(.internal, "there is no desk") }
        return PaperShell()
    }

    struct World {
        /// What exists, by session.
        var servers: [SessionID: Handle] = [:]
        var owners: [SessionID: SessionIdentity] = [:]
        /// What the starts were given to get in, in their order.
        var credentials: [Credentials?] = []
        var started = 0
        var stopped = 0
        var isUnreachable = false
        /// Parts of the place that a census cannot ask.
        var unreachable: [String] = []
        /// Where the servers were started, in their order.
        var hosts: [String] = []
        /// What a start learns of its server after the checkpoint.
        var refinement: String?
        /// How often a server does not answer yet.
        var silences = 0
        /// Why the place has lost every server.
        var lost: String?
        /// How often `stop` fails before it works.
        var stopFailures = 0
        /// What was told before anything was done, in the order of the calls.
        var told: [Word] = []
    }

    /// A call, with what it brought.
    enum Word: Sendable, Hashable {
        case resumed([Handle])
        case configured([JSONValue])
        case asked(String)
    }

    enum Failure: Sendable {
        case beforeCheckpoint, afterCheckpoint, whenAsked
        /// The port is somebody else's; the next attempt is well.
        case portTaken
    }

    let world = Mutex(World())
    private let failure: Mutex<Failure?>
    private let gate: Gate?
    private let (stream, continuation) = AsyncStream.makeStream(of: Handle.self)

    /// - Parameter gate: holds `start`, after its checkpoint, until it is opened.
    init(failure: Failure? = nil, gate: Gate? = nil) {
        self.failure = Mutex(failure)
        self.gate = gate
    }

    func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        if failure.withLock({ $0 }) == .beforeCheckpoint {
            throw SpawnError(.backendFailed, "the place is full of water; drain it")
        }
        let handle = world.withLock { world in
            world.started += 1
            world.credentials.append(plan.credentials)
            world.hosts += Self.machines(of: plan.options).map(\.host)
            let handle = Handle(backend: Self.kind, version: 1, payload: "\(plan.id.rawValue)#\(world.started)")
            world.servers[plan.id] = handle
            world.owners[plan.id] = plan.identity
            return handle
        }
        try await checkpoint(handle)
        if failure.withLock({ $0 }) == .afterCheckpoint {
            throw SpawnError(.backendFailed, "the server fell over")
        }
        try await gate?.pass()
        if let refinement = world.withLock({ $0.refinement }) {
            let refined = Handle(backend: Self.kind, version: 1, payload: handle.payload + refinement)
            world.withLock { $0.servers[plan.id] = refined }
            try await checkpoint.refined(refined)
        }
        return Endpoint(host: "127.0.0.1", port: 4711)
    }

    func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool {
        switch failure.withLock({ $0 }) {
        case .whenAsked:
            crash(handle)
            throw SpawnError(.backendFailed, "the server ended with status 3")
        case .portTaken:
            failure.withLock { $0 = nil }
            throw SpawnError(.unavailable, "port 4711 was taken by another program")
        default:
            return world.withLock { world in
                world.silences -= 1
                return world.silences < 0
            }
        }
    }

    func resume(_ handles: [Handle]) async {
        world.withLock { $0.told.append(.resumed(handles)) }
    }

    func configured(by options: [JSONValue]) async {
        world.withLock { $0.told.append(.configured(options)) }
    }

    func poll(_ handles: [Handle]) async -> [Observation] {
        world.withLock { world in
            handles.map { handle in
                if world.isUnreachable { return Observation(handle, .unreachable("the line is cut")) }
                if let reason = world.lost { return Observation(handle, .lost(reason)) }
                return Observation(handle, world.servers.values.contains(handle) ? .running : .exited(7))
            }
        }
    }

    func changes() -> AsyncStream<Handle> { stream }

    func stop(_ handle: Handle, grace: Duration) async throws {
        try world.withLock { world in
            guard world.stopFailures == 0 else {
                world.stopFailures -= 1
                throw SpawnError(.unavailable, "the line is cut")
            }
            world.stopped += 1
            world.told.append(.asked("stop"))
            for (id, known) in world.servers where known == handle { world.servers[id] = nil }
        }
    }

    func abandon(_ handle: Handle) async {
        world.withLock { world in
            world.told.append(.asked("abandon"))
            for (id, known) in world.servers where known == handle { world.servers[id] = nil }
        }
    }

    func logs(_ handle: Handle, follow: Bool) async throws -> LogStream {
        LogStream { $0.finish() }
    }

    func census() async throws -> Census {
        world.withLock { world in
            let residents = world.servers.map { server in
                Resident(
                    session: server.key, identity: world.owners[server.key], handle: server.value,
                    description: server.value.payload)
            }
            return Census(residents, unreachable: world.unreachable)
        }
    }

    func examine(_ options: JSONValue) async -> [Finding] { [] }

    /// The server of a session ends by itself, and the place says so.
    func crash(_ id: SessionID) {
        let handle = world.withLock { $0.servers.removeValue(forKey: id) }
        if let handle { continuation.yield(handle) }
    }

    private func crash(_ handle: Handle) {
        world.withLock { world in
            for (id, known) in world.servers where known == handle { world.servers[id] = nil }
        }
        continuation.yield(handle)
    }

    var running: Int { world.withLock { $0.servers.count } }
}

/// A door that a test opens. Who waits at it can be cancelled.
final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    private let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)

    func open() { continuation.finish() }

    func pass() async throws {
        arrived.yield()
        for await _ in stream {}
        try Task.checkCancellation()
    }

    /// Waits until somebody stands at the door.
    func reached() async {
        for await _ in arrivals { return }
    }
}

/// A journal in memory that can outlive the ledgers that write to it, and fail on demand.
final class MemoryJournal: Journal {
    private let state = Mutex(
        (
            records: [SessionRecord](), machines: KnownMachines(), usage: [UsageRecord](), isBroken: false, writes: 0
        ))
    /// Tells that something was written.
    let (written, told) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    func append(_ entries: [JournalEntry]) throws {
        try state.withLock { state in
            guard !state.isBroken else { throw SpawnError(.internal, "no space left on device") }
            state.writes += 1
            for entry in entries {
                if let usage = entry.usage { state.usage.append(usage) }
                let index = state.records.firstIndex { $0.id == entry.session }
                switch (entry.content, index) {
                case (.record(let record), let index?): state.records[index] = record
                case (.record(let record), nil): state.records.append(record)
                case (.forgotten, let index?): state.records.remove(at: index)
                case (.forgotten, nil): break
                }
            }
        }
        told.yield()
    }

    func readUsage(since: Date, _ body: (UsageRecord) throws -> Void) throws {
        for usage in state.withLock(\.usage) where usage.ended > since { try body(usage) }
    }

    func forgetUsage(before: Date) throws {
        state.withLock { $0.usage.removeAll { $0.ended < before } }
    }

    func replay() throws -> [JournalEntry] {
        state.withLock { $0.records.map { JournalEntry(session: $0.id, content: .record($0)) } }
    }

    func append(_ entry: MachineEntry) throws {
        try state.withLock { state in
            guard !state.isBroken else { throw SpawnError(.internal, "no space left on device") }
            state.writes += 1
            state.machines.note(entry)
        }
    }

    func replayMachines() throws -> [MachineEntry] { state.withLock { $0.machines.entries } }

    var machines: [MachineRecord] {
        state.withLock { $0.machines.machines.values.sorted { $0.token.rawValue < $1.token.rawValue } }
    }

    func breakDown() { state.withLock { $0.isBroken = true } }
    func mend() { state.withLock { $0.isBroken = false } }
    var records: [SessionRecord] { state.withLock { $0.records } }
    var writes: Int { state.withLock { $0.writes } }
}

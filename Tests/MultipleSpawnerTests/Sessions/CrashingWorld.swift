import FoundationEssentials
import MultipleSpawner
import Synchronization
import Testing

/// A journal, a cloud and a place for servers behind one lock, so that a daemon can be killed between any two things
/// that it does: from then on nothing of that daemon's reaches them.
final class CrashingWorld: Sendable {
    struct State {
        var records: [SessionID: SessionRecord] = [:]
        var known = KnownMachines()
        /// What costs money, by token: whether it runs.
        var machines: [MachineToken: Bool] = [:]
        var servers: [SessionID: Handle] = [:]
        var serial = 0
        /// The daemon that lives.
        var daemon = 0
        /// The number of writes after which it is killed.
        var writesLeft: Int?
        var faults: [ScriptedProvider.Step] = []
    }

    let state = Mutex(State())

    static var dead: SpawnError { SpawnError(.internal, "this daemon was killed") }

    /// Does something as a daemon, where that one still lives.
    func act<Value>(as daemon: Int, _ work: (inout State) throws -> Value) throws -> Value {
        try state.withLock { state in
            guard state.daemon == daemon else { throw Self.dead }
            return try work(&state)
        }
    }

    /// Kills the daemon that lives; the next one's number comes back.
    func kill() -> Int {
        state.withLock { state in
            state.daemon += 1
            state.writesLeft = nil
            return state.daemon
        }
    }
}

/// The journal, as one daemon sees it.
struct WorldJournal: Journal {
    let world: CrashingWorld
    let daemon: Int

    func append(_ entries: [JournalEntry]) throws {
        try write { state in
            for entry in entries {
                switch entry.content {
                case .record(let record): state.records[entry.session] = record
                case .forgotten: state.records[entry.session] = nil
                }
            }
        }
    }

    func append(_ entry: MachineEntry) throws {
        try write { $0.known.note(entry) }
    }

    func replay() throws -> [JournalEntry] {
        try world.act(as: daemon) { state in
            state.records.values.map { JournalEntry(session: $0.id, content: .record($0)) }
        }
    }

    func readUsage(since: Date, _ body: (UsageRecord) throws -> Void) throws {}

    func forgetUsage(before: Date) throws {}

    func replayMachines() throws -> [MachineEntry] { try world.act(as: daemon) { $0.known.entries } }

    private func write(_ work: (inout CrashingWorld.State) -> Void) throws {
        try world.act(as: daemon) { state in
            if state.writesLeft == 0 {
                state.daemon += 1
                state.writesLeft = nil
                throw CrashingWorld.dead
            }
            state.writesLeft? -= 1
            work(&state)
        }
    }
}

/// The cloud, as one daemon sees it.
final class WorldProvider: Provider {
    static let kind: ProviderKind = "scripted"
    static let options = ObjectShape([])

    let world: CrashingWorld
    let daemon: Int

    init(world: CrashingWorld, daemon: Int) {
        self.world = world
        self.daemon = daemon
    }

    func acquire(_ wanted: MachineRequest, checkpoint: LeaseCheckpoint) async throws -> Machine {
        try await checkpoint(Lease(kind: Self.kind, version: 1, payload: wanted.token.rawValue))
        try meet { state, fault in
            if fault == .full { throw SpawnError(.overCapacity, "the cloud is full; wait") }
            if fault == .well || fault == .answerLost { state.machines[wanted.token] = true }
        }
        return Machine(address: MachineAddress(host: wanted.token.rawValue), name: "cloud")
    }

    func release(_ lease: Lease, _ manner: MachineEnd) async throws {
        let token = try #require(MachineToken(rawValue: lease.payload))
        try meet { state, fault in
            // A full cloud takes things back all the same.
            guard fault != .requestLost && fault != .unreachable else { return }
            if manner == .destroy { state.machines[token] = nil }
            if manner == .stop, state.machines[token] != nil { state.machines[token] = false }
        }
    }

    func availability() async -> Availability { .unknown }

    private func meet(_ work: (inout CrashingWorld.State, ScriptedProvider.Step) throws -> Void) throws {
        let fault = try world.act(as: daemon) { state in
            let fault = state.faults.isEmpty ? .well : state.faults.removeFirst()
            try work(&state, fault)
            return fault
        }
        if fault != .well && fault != .full { throw SpawnError(.unavailable, "the line is cut") }
    }
}

/// The place for servers, as one daemon sees it.
struct WorldBackend: Backend {
    static let kind: BackendKind = "scripted"
    static let options = ObjectShape([])

    let world: CrashingWorld
    let daemon: Int

    func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        let handle = try world.act(as: daemon) { state in
            state.serial += 1
            let handle = Handle(backend: Self.kind, version: 1, payload: "\(plan.id.rawValue)#\(state.serial)")
            state.servers[plan.id] = handle
            return handle
        }
        try await checkpoint(handle)
        return Endpoint(host: "127.0.0.1", port: 1)
    }

    func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool { true }

    func poll(_ handles: [Handle]) async -> [Observation] { handles.map { Observation($0, .running) } }

    func stop(_ handle: Handle, grace: Duration) async throws {
        try world.act(as: daemon) { state in state.servers = state.servers.filter { $0.value != handle } }
    }

    func logs(_ handle: Handle, follow: Bool) async throws -> LogStream { LogStream { $0.finish() } }

    func census() async throws -> Census {
        try world.act(as: daemon) { state in
            Census(
                state.servers.map {
                    Resident(session: $0.key, identity: nil, handle: $0.value, description: $0.value.payload)
                })
        }
    }

    func examine(_ options: JSONValue) async -> [Finding] { [] }
}

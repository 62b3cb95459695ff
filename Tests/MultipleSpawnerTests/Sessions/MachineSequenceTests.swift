import FoundationEssentials
import Logging
import MultipleSpawner
import Synchronization
import Testing

/// Random lives of sessions and their machines: starts, stops, kills at any write, requests and answers that are lost.
@Suite(.timeLimit(.minutes(5))) struct MachineSequenceTests {
    private static let sequences = 10_000

    @Test func `no machine is lost, none is made twice, and none stays when all is stopped`() async throws {
        // A seed of its own for each sequence, so that one that fails can be run again alone.
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<2 {
                group.addTask {
                    for seed in stride(from: lane, to: Self.sequences, by: 2) {
                        do {
                            try await MachineSequence(seed: UInt64(seed)).run()
                        } catch {
                            Issue.record(error, "sequence \(seed)")
                        }
                    }
                }
            }
        }
    }
}

/// One such life.
private final class MachineSequence {
    private var random: SplitMix
    private let world = CrashingWorld()
    private let policy: MachinePolicy
    private var orchestrator: Orchestrator
    /// The daemon that was started last.
    private var living = 0
    private var attempts = 0
    /// What a hub believes: which servers it asked for, and under which attempt.
    private var wanted: [SessionIdentity: SessionID] = [:]
    private let seed: UInt64

    init(seed: UInt64) throws {
        self.seed = seed
        random = SplitMix(state: seed)
        let ends = MachineEnd.allCases
        policy = MachinePolicy(
            atStop: ends[Int(random.next() % 3)], idleMinutes: random.next() % 2 == 0 ? 1 : nil,
            whenIdle: .destroy, isShared: random.next() % 3 == 0)
        orchestrator = Self.daemon(0, world, policy)
    }

    private static func daemon(_ number: Int, _ world: CrashingWorld, _ policy: MachinePolicy) -> Orchestrator {
        let provider = WorldProvider(world: world, daemon: number)
        return Orchestrator(
            ledger: Ledger(journal: WorldJournal(world: world, daemon: number), feed: EventFeed()),
            admission: Admission(concurrentStarts: 10, capacity: { _ in nil }),
            registry: Registry(
                backends: [
                    Registry.Entry(WorldBackend(world: world, daemon: number), classes: ["test.World"])
                ],
                providers: [Registry.ProviderMaker(WorldProvider.self) { _ in provider }]),
            policy: Orchestrator.Policy(
                grace: .zero,
                undoPause: { failures in
                    // A daemon that was killed tries nothing any more.
                    guard world.state.withLock({ $0.daemon }) == number, failures < 1000 else {
                        throw CrashingWorld.dead
                    }
                    await Task.yield()
                }),
            log: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
        ) { request in
            [
                SessionPlan(
                    id: request.id, identity: request.identity, template: "test", provider: "cloud",
                    backend: WorldBackend.kind, machine: SessionPlan.MachineWish(policy: policy))
            ]
        }
    }

    func run() async throws {
        await orchestrator.machines.configure(by: [Hub.cloud])
        for _ in 0..<(3 + random.next() % 6) {
            switch random.next() % 8 {
            case 0, 1, 2: try await start()
            case 3, 4: try await stop()
            case 5: try await restart()
            case 6: world.state.withLock { $0.writesLeft = Int(random.next() % 6) }
            default: world.state.withLock { $0.faults = faults() }
            }
            check()
        }
        try await end()
    }

    private func faults() -> [ScriptedProvider.Step] {
        (0..<(1 + random.next() % 3)).map { _ in
            ScriptedProvider.Step.allCases[Int(random.next() % UInt64(ScriptedProvider.Step.allCases.count))]
        }
    }

    private func identity() throws -> SessionIdentity {
        try SessionIdentity(
            hub: "hub", user: random.next() % 2 == 0 ? "alice" : "bob", server: random.next() % 2 == 0 ? "" : "two")
    }

    private func start() async throws {
        let identity = try identity()
        attempts += 1
        let id = try SessionID("s\(attempts)")
        do {
            _ = try await orchestrator.submit(
                SessionRequest(id: id, identity: identity, environment: [:], startTimeout: .seconds(20)))
            try await settle(id)
            wanted[identity] = id
        } catch {
            try await raise(error)
        }
    }

    private func stop() async throws {
        guard let entry = wanted.sorted(by: { $0.value.rawValue < $1.value.rawValue }).first else { return }
        do {
            _ = try await orchestrator.stop(entry.value)
        } catch {
            try await raise(error)
        }
        wanted[entry.key] = nil
    }

    /// Waits until the session runs or is over, or its daemon is dead.
    private func settle(_ id: SessionID) async throws {
        while true {
            try Task.checkCancellation()
            guard let record = await orchestrator.ledger[id] else { return }
            switch record.lifecycle.phase {
            case .running, .stopped, .failed: return
            default: break
            }
            guard world.state.withLock({ $0.daemon }) == living else { throw CrashingWorld.dead }
            await Task.yield()
        }
    }

    /// A refusal is an answer; a dead daemon is followed by the next.
    private func raise(_ error: any Error) async throws {
        guard let error = error as? SpawnError else { throw error }
        if error.code == .internal { try await restart() }
    }

    private func restart() async throws {
        while true {
            living = world.kill()
            orchestrator = Self.daemon(living, world, policy)
            do {
                await orchestrator.machines.configure(by: [Hub.cloud])
                try await orchestrator.recover()
                return
            } catch let error as SpawnError where error.code == .internal { continue }
        }
    }

    /// At every moment: what costs money is in the journal, and no session has two machines.
    private func check() {
        world.state.withLock { state in
            for token in state.machines.keys {
                #expect(state.known.machines[token] != nil, "sequence \(seed): a machine was lost")
            }
            let holders = state.known.machines.values.flatMap(\.sessions)
            #expect(holders.count == Set(holders).count, "sequence \(seed): a session has two machines")
            let running = state.records.values.filter { $0.lifecycle.phase.name == "running" }
            for record in running {
                let runs = record.lifecycle.machine.flatMap { state.machines[$0] }
                #expect(runs == true, "sequence \(seed): a server runs where no machine does")
            }
        }
    }

    /// All is well again, all is stopped, and time goes by: nothing is left.
    private func end() async throws {
        world.state.withLock { $0.faults = [] }
        try await restart()
        for record in await orchestrator.ledger.allRecords() where record.lifecycle.isLive {
            _ = try await orchestrator.stop(record.id)
        }
        check()
        let kept = world.state.withLock { $0.known.machines.values.filter(\.isSettled) }
        if policy.atStop == .destroy { #expect(kept.isEmpty, "sequence \(seed): \(kept)") }
        await orchestrator.machines.tidy(at: .now + 120)
        world.state.withLock { state in
            #expect(state.servers.isEmpty, "sequence \(seed): servers are left")
            let expected = policy.atStop == .destroy || policy.idleMinutes != nil
            guard expected else {
                #expect(state.machines.keys.allSatisfy { state.known.machines[$0]?.isSettled == true })
                return
            }
            #expect(state.machines.isEmpty, "sequence \(seed): machines are left")
            #expect(state.known.machines.isEmpty, "sequence \(seed): the journal has \(state.known.machines.values)")
        }
    }
}

/// A generator of random numbers that begins where it is told to.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

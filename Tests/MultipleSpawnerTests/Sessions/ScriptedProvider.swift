import MultipleSpawner
import Synchronization

/// A cloud in memory: what it made, what it lost on the way, and whether a promise was broken.
final class ScriptedProvider: Provider {
    static let kind: ProviderKind = "scripted"
    static let options = ObjectShape([Field("size", .integer(0...9), "How large.")])
    static let machineOptions = ObjectShape([Field("image", .string, "What runs on it.")])

    struct World: Hashable {
        /// What costs money: by token, whether it runs.
        var machines: [MachineToken: Bool] = [:]
        var made = 0
        var keys: [[String]] = []
        /// What happens at the next calls, one after the other; then all is well.
        var script: [Step] = []
    }

    enum Step: Sendable, Hashable, CaseIterable {
        case well
        /// Nothing is made, and nobody hears why.
        case requestLost
        /// It is made, and nobody hears of it.
        case answerLost
        case full
        /// The cloud cannot be asked.
        case unreachable
    }

    let world: Mutex<World>

    init(_ world: World = World()) {
        self.world = Mutex(world)
    }

    private func step() -> Step {
        world.withLock { $0.script.isEmpty ? .well : $0.script.removeFirst() }
    }

    func acquire(_ wanted: MachineRequest, checkpoint: LeaseCheckpoint) async throws -> Machine {
        try await checkpoint(Lease(kind: Self.kind, version: 1, payload: wanted.token.rawValue))
        let step = step()
        switch step {
        case .full: throw SpawnError(.overCapacity, "the cloud is full; wait for rain")
        case .requestLost, .unreachable: throw SpawnError(.unavailable, "the line is cut")
        case .well, .answerLost: break
        }
        world.withLock { world in
            world.keys.append(wanted.authorizedKeys)
            if world.machines[wanted.token] == nil { world.made += 1 }
            world.machines[wanted.token] = true
        }
        if step == .answerLost { throw SpawnError(.unavailable, "the answer was lost") }
        return Machine(
            address: MachineAddress(host: "cloud-\(wanted.token.rawValue.suffix(4))"), name: "cloud", account: "opc",
            hostKeys: ["ssh-ed25519 AAAA"], details: ["machine_zone": "north"])
    }

    func release(_ lease: Lease, _ manner: MachineEnd) async throws {
        guard let token = MachineToken(rawValue: lease.payload) else { throw SpawnError(.internal, "a strange lease") }
        let step = step()
        guard step == .well || step == .answerLost || step == .full else {
            throw SpawnError(.unavailable, "the line is cut")
        }
        world.withLock { world in
            switch manner {
            case .destroy: world.machines[token] = nil
            case .stop: if world.machines[token] != nil { world.machines[token] = false }
            case .keep: break
            }
        }
        if step == .answerLost { throw SpawnError(.unavailable, "the answer was lost") }
    }

    func availability() async -> Availability { .unknown }

    func census() async throws -> [OwnedMachine] {
        world.withLock { world in
            world.machines.map { token, runs in
                OwnedMachine(
                    token: token, lease: Lease(kind: Self.kind, version: 1, payload: token.rawValue),
                    description: "\(token.rawValue) (\(runs ? "running" : "stopped"))")
            }
        }
    }

    var tokens: Set<MachineToken> { Set(world.withLock { $0.machines.keys }) }
}

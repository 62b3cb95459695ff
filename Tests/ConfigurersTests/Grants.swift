import MultipleSpawner
import Synchronization

/// What an authenticator checkpointed, in its order.
final class Grants: Sendable {
    private let given = Mutex<[Grant]>([])
    private let fails: Bool

    /// - Parameter fails: whether the journal cannot be written.
    init(fails: Bool = false) {
        self.fails = fails
    }

    var all: [Grant] { given.withLock { $0 } }

    var checkpoint: GrantCheckpoint {
        GrantCheckpoint(save: { [self] grant in
            if fails { throw SpawnError(.internal, "no space left on device") }
            given.withLock { $0.append(grant) }
        })
    }
}

extension AccessRequest {
    /// Alice's first session.
    static func test(
        _ options: JSONValue = [:], session: String = "one", user: String = "alice", machines: [MachineAddress] = []
    ) throws -> AccessRequest {
        AccessRequest(
            session: try SessionID(session), identity: try SessionIdentity(hub: "hub", user: user), options: options,
            machines: machines, lifetime: Lifetime(minutes: 60, maximum: 120))
    }
}

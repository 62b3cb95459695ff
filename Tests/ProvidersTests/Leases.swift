import MultipleSpawner
import Synchronization

@testable import Providers

/// What a provider checkpointed, in its order.
final class Leases: Sendable {
    private let given = Mutex<[Lease]>([])
    private let words = Mutex<[String]>([])
    private let most: Int

    /// - Parameters:
    ///   - fails: whether the journal cannot be written.
    ///   - most: how many leases it takes before it cannot.
    init(fails: Bool = false, most: Int = .max) {
        self.most = fails ? 0 : most
    }

    var all: [Lease] { given.withLock { $0 } }
    var read: [CloudLease] { get throws { try all.map { try $0.decode() } } }
    var reports: [String] { words.withLock { $0 } }

    var checkpoint: LeaseCheckpoint {
        LeaseCheckpoint(
            save: { [self] lease in
                try given.withLock { given in
                    guard given.count < most else { throw SpawnError(.internal, "no space left on device") }
                    given.append(lease)
                }
            }, tell: { [self] message in words.withLock { $0.append(message) } })
    }
}

extension MachineRequest {
    /// What Alice's first session wants.
    static func test(
        _ options: JSONValue = [:], token: MachineToken = MachineToken(), session: String = "one",
        user: String = "alice", server: String = "", installation: String = "test",
        resources: ResourceSpecification = ResourceSpecification(), keys: [String] = [MachineRequest.key],
        startTimeout: Duration = .seconds(100)
    ) throws -> MachineRequest {
        MachineRequest(
            token: token, installation: installation, session: try SessionID(session),
            identity: try SessionIdentity(hub: "hub", user: user, server: server), resources: resources,
            options: options, authorizedKeys: keys, startTimeout: startTimeout)
    }

    static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1KxqGfYfMiGJ1vHfFJ7cQ0hKJ6xW4jyF8mFqRk0a2b alice"
}

extension CloudPace {
    /// For clouds that are in the test's own process.
    static let quick = CloudPace(
        first: .milliseconds(2), longest: .milliseconds(10), attempts: 6, firstRest: .milliseconds(2),
        longestRest: .milliseconds(10), settling: .seconds(1), ending: .seconds(100), answer: .seconds(30))
}

/// The error that the work ends with, in our own words.
func refusal(_ work: () async throws -> Void) async -> SpawnError? {
    do {
        try await work()
        return nil
    } catch {
        return error as? SpawnError ?? SpawnError(.internal, "no error of ours: \(error)")
    }
}

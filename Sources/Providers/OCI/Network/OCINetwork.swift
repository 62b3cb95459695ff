import Crypto
import MultipleSpawner
import Synchronization
import Transport

/// Finds the subnet for new machines, and makes it with all that it needs where it is missing.
///
/// It is shared by all machines and never removed. One start at a time looks for it; what is made has a token that is the
/// same in every daemon, so that two make one.
final class OCINetwork: Sendable {
    private let turns = Turns(1)
    private let known = Mutex<[String: String]>([:])

    /// The id of the subnet.
    ///
    /// - Throws: `invalid_request` where it is missing and not to be made.
    func subnet(
        _ part: OCINetworkOptions.Part, _ options: OCIOptions, of client: OCIClient,
        until deadline: ContinuousClock.Instant
    ) async throws -> String {
        if let id = part.id { return id }
        let key = [client.place.region, client.compartment, part.name ?? "", "\(options.network)"].joined(
            separator: " ")
        if let id = known.withLock({ $0[key] }) { return id }
        return try await turns.take {
            if let id = known.withLock({ $0[key] }) { return id }
            let making = OCINetworkMaking(options: options, client: client, deadline: deadline)
            let id = try await making.subnet(part)
            known.withLock { $0[key] = id }
            return id
        }
    }

    /// Something that was known is not there any more.
    func forget() {
        known.withLock { $0 = [:] }
    }
}

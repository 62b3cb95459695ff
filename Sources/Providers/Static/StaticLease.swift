import MultipleSpawner

/// A share of a host, given to one machine token.
struct StaticLease: Sendable, Hashable, Codable {
    var token: MachineToken
    var address: MachineAddress
    /// Bytes, cores and GPUs that were promised.
    var memory: Int
    var cpu: Double
    var gpu: Int
}

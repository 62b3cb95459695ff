/// A device that a session has until it ends. It is part of the session's handle.
struct AcceleratorLease: Sendable, Hashable, Codable {
    /// The name of the pool.
    let pool: String
    /// As the container's runtime names it: `0`, `GPU-fef8089b`.
    let device: String
}

/// How one of several machines is chosen. Where it cannot serve, the next one is tried.
enum HostChoice: String, Sendable, Hashable, CaseIterable {
    /// As the original does it.
    case random
    /// One after another.
    case roundRobin = "round_robin"
    /// The one with the least load for its cores, as it tells itself.
    case leastLoaded = "least_loaded"
    /// The same one for the same server, as long as the list stays.
    case sticky
    /// As the user says in `remote_host`; at random where nothing is said.
    case form
}

/// How a server gets its API token.
enum TokenDelivery: String, Sendable, Hashable, Codable, CaseIterable {
    /// In the environment, where every image looks for it, and where `docker service inspect` shows it.
    case environment
    /// As a Docker secret: a file that only the container sees.
    case secret
}

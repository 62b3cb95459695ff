import MultipleSpawner
public import Transport

/// How the daemon reaches other machines.
public struct SSHConfiguration: Sendable {
    /// The connections, on whose thread our ends of tunnels are served.
    public var links: SSHLinks
    /// The connection to a machine as it is now, made where there is none.
    public var link: @Sendable (SSHTarget) async throws -> any SSHLink
    /// Where our own `known_hosts` is.
    public var stateDirectory: String
    /// Tells this daemon's sessions from another one's in the same account of a machine.
    public var installation: String
    /// The daemon's home, where it is not the account's.
    public var home: String?

    public init(links: SSHLinks, stateDirectory: String, installation: String = "", home: String? = nil) {
        self.links = links
        link = { try await links.link(to: $0) }
        self.stateDirectory = stateDirectory
        self.installation = installation
        self.home = home
    }
}

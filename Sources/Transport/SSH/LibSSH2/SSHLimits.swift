/// How long things may take, and how much goes over one connection.
public struct SSHLimits: Sendable, Hashable {
    /// From the look-up of the name to the end of the login.
    public var connect = Duration.seconds(20)
    /// A machine of which nothing was heard for so long, though it was asked, is taken for lost.
    public var silence = Duration.seconds(30)
    /// A connection over which nothing goes is closed after so long.
    public var idle = Duration.seconds(300)
    /// The most commands at once on one connection: sshd's `MaxSessions` is 10, and some are slow to go.
    public var commands = 8
    /// The most connections to one machine with one credential.
    public var connections = 4
    /// The longest that opening a tunnel's connection may take.
    public var open = Duration.seconds(30)

    public init() {}
}

/// A connection that says how busy it is.
protocol LoadedLink: SSHLink {
    /// Whether another connection would serve new work sooner.
    var isCrowded: Bool { get }
    /// Commands under way and waiting.
    var commands: Int { get }
    /// Whether it stands; asking keeps it from being closed for idleness.
    var isOpen: Bool { get }
}

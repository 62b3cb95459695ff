extension ServiceLabels {
    /// On the service that removes volumes, the id of the session whose volumes they are; on its program's config,
    /// `program`. The label of sessions is on neither: whoever looks for a session's service must not find these.
    static let cleanUp = "multiplespawner.cleanup"
    /// On such a service: the node that it is for.
    static let node = "multiplespawner.cleanup.node"
    /// On such a service: whether nobody knows if the session was ever on that node.
    static let guess = "multiplespawner.cleanup.guess"
}

extension SwarmService {
    /// Whether it is none of a session's, but one that removes what a session has left.
    var isCleanUp: Bool { labels[ServiceLabels.cleanUp] != nil }
}

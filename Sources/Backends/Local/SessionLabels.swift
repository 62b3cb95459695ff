import MultipleSpawner

/// The variables by which a process is known as ours, also when the daemon was killed before it wrote it down.
enum SessionLabels {
    static let session = "MULTIPLESPAWNER_SESSION"
    static let hub = "MULTIPLESPAWNER_HUB"
    static let user = "MULTIPLESPAWNER_USER"
    static let server = "MULTIPLESPAWNER_SERVER"
    static let backend = "MULTIPLESPAWNER_BACKEND"
    /// Which daemon of this machine it belongs to: the directory of its logs.
    static let owner = "MULTIPLESPAWNER_OWNER"

    static func variables(of plan: SessionPlan, kind: BackendKind, owner: String) -> [String: String] {
        [
            session: plan.id.rawValue, hub: plan.identity.hub, user: plan.identity.user,
            server: plan.identity.server, backend: kind.rawValue,
            self.owner: owner,
        ]
    }
}

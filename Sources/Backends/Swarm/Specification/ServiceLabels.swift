import MultipleSpawner

/// The labels by which what we make is known as ours, in Docker's own records.
enum ServiceLabels {
    static let prefix = "multiplespawner."
    static let hub = "multiplespawner.hub"
    static let session = "multiplespawner.session"
    static let user = "multiplespawner.user"
    static let server = "multiplespawner.server"
    static let template = "multiplespawner.template"
    /// Of these labels: what reads them knows which there are.
    static let version = "multiplespawner.version"
    /// SwarmSpawner's, on the container: the name of the chosen image.
    static let imageName = "image_name"
    /// SwarmSpawner's, on volumes: any value but `False` removes the volume with the session.
    static let autoremove = "autoremove"

    static let currentVersion = "1"

    /// All of them. None holds a secret.
    static func of(_ plan: SessionPlan) -> [String: String] {
        [
            hub: plan.identity.hub, session: plan.id.rawValue, user: plan.identity.user,
            server: plan.identity.server, template: plan.template, version: currentVersion,
        ]
    }

    /// Those of a volume. It may outlive the session that it was made for.
    static func ofVolume(_ plan: SessionPlan) -> [String: String] {
        [
            hub: plan.identity.hub, session: plan.id.rawValue, user: plan.identity.user, version: currentVersion,
        ]
    }

    /// - Throws: `invalid_request` for a label that is ours to give.
    static func check(_ labels: [String: String], in place: String) throws(SpawnError) {
        if let taken = labels.keys.sorted().first(where: { Array($0.utf8).starts(with: prefix.utf8) }) {
            throw SpawnError(
                .invalidRequest,
                "the label '\(taken.excerpt)' in \(place) begins with '\(prefix)', which marks what the spawner made; "
                    + "choose another name")
        }
    }
}

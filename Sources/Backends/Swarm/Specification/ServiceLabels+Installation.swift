extension ServiceLabels {
    /// The daemon that made something, where several share a swarm.
    static let installation = "multiplespawner.installation"
}

extension ServiceSpecification {
    /// Says on the service, and on the volumes that are made for it, which daemon made them.
    mutating func mark(_ installation: String) {
        labels[ServiceLabels.installation] = installation
        guard var mounts = task.container.mounts else { return }
        for index in mounts.indices where mounts[index].kind == .volume {
            mounts[index].volume?.labels?[ServiceLabels.installation] = installation
        }
        task.container.mounts = mounts
    }
}

extension StoredFile {
    /// The same, with the daemon that makes it.
    func marked(_ installation: String) -> StoredFile {
        var file = self
        file.labels[ServiceLabels.installation] = installation
        return file
    }
}

import MultipleSpawner

extension SwarmCluster {
    /// Removes volumes that go with a session, wherever they are; on nodes that are down, when they are back.
    ///
    /// Only those that the hub made. To be called when the session's service and tasks are gone.
    ///
    /// - Parameters:
    ///   - nodes: where tasks of the session were; empty where nobody knows.
    ///   - image: one that is on these nodes: `cleanup_image`, else the session's own.
    func removeVolumes(
        _ names: [String], of session: SessionID, hub: String, on nodes: Set<String>, image: String?
    ) async throws {
        try await volumeRemoval.remove(names, of: session, hub: hub, on: nodes, image: image)
    }

    /// Removes what is left of removing volumes on other nodes. It fails in silence: it is called again.
    func tidyVolumeJobs() async {
        try? await volumeRemoval.tidy()
    }
}

import MultipleSpawner
extension SwarmCluster {
    func removeVolumes(_ names: [String], of session: SessionID, on nodes: Set<String>) async throws {}
}

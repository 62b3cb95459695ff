import MultipleSpawner
import Synchronization

extension SwarmCluster {
    /// Whether the manager's own machine has an image, or had it a minute ago: many starts ask at once.
    func hasImage(_ name: String) async throws -> Bool {
        struct Image: Decodable {}
        let began = ContinuousClock.now
        if let seen = imagesSeen.withLock({ $0[name] }), began - seen < .seconds(60) { return true }
        do {
            let _: Image = try await docker.get(DockerPath.joined(["images", name, "json"]))
            imagesSeen.withLock { seen in
                seen = seen.filter { began - $0.value < .seconds(60) }
                seen[name] = began
            }
            return true
        } catch {
            guard error.isNotFound else { throw error }
            return false
        }
    }
}

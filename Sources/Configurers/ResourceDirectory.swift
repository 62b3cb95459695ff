/// The directory of what templates name without a whole path: playbooks and scripts.
enum ResourceDirectory {
    /// - Parameters:
    ///   - named: what the settings say; the environment's MULTIPLE_SPAWNER_CONFIGURER_RESOURCES_PATH goes before it.
    static func path(_ named: String?, environment: [String: String]) -> String {
        let variable = environment["MULTIPLE_SPAWNER_CONFIGURER_RESOURCES_PATH"].flatMap { $0.isEmpty ? nil : $0 }
        let path = variable ?? named ?? "~/.multiplespawner/playbooks"
        return path.hasPrefix("~/") ? (environment["HOME"] ?? "") + path.dropFirst() : path
    }
}

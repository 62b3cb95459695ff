import Glibc
import MultipleSpawner

/// Where the catalogue's files are.
struct CataloguePaths: Sendable {
    let templates: String?
    let deployments: String?
    let providers: String?
    private let home: String?

    /// The files that settings name; for what they do not name, the default place when there is a file.
    init(_ settings: Settings, home: String?) {
        func existing(_ names: String...) -> String? {
            names.map { "~/.multiplespawner/\($0)".expandingTilde(home: home) }.first { access($0, F_OK) == 0 }
        }
        self.home = home
        templates = settings.templates ?? existing("spawner_templates.json")
        deployments = settings.deployments ?? existing("spawner_deployment.json", "spawner_deployments.json")
        providers = settings.providers ?? existing("providers.json")
    }

    var all: [String] { [templates, deployments, providers].compactMap { $0 } }

    func sources() throws(SpawnError) -> CatalogueSources {
        CatalogueSources(
            templates: try Self.source(templates), deployments: try Self.source(deployments),
            providers: try Self.source(providers),
            userList: { path throws(SpawnError) in
                let path = userList(path)
                return CatalogueSources.File(name: path, bytes: try FileBytes.read(path))
            })
    }

    /// All files of a reading.
    func all(of reading: CatalogueReading) -> [String] {
        all + reading.userLists.map { userList($0) }
    }

    /// Where a list of users is that the files name so: relative paths begin where the templates are.
    private func userList(_ path: String) -> String {
        let path = path.expandingTilde(home: home)
        guard !path.hasPrefix("/"), let slash = templates?.lastIndex(of: "/") else { return path }
        return (templates?[...slash] ?? "") + path
    }

    private static func source(_ path: String?) throws(SpawnError) -> CatalogueSources.File? {
        guard let path else { return nil }
        return CatalogueSources.File(name: path, bytes: try FileBytes.read(path))
    }
}

import FoundationEssentials
import MultipleSpawner
import Testing
import Transport

@testable import Daemon

/// The examples and the schemas that are kept beside them.
@Suite struct CatalogueSchemaTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func file(_ path: String) throws -> CatalogueSources.File {
        let url = Self.root.appending(path: path)
        return CatalogueSources.File(name: path, bytes: Array(try Data(contentsOf: url)))
    }

    @Test(arguments: ["spawner_templates", "local_limits", "local_accounts", "groups"])
    func `an example of templates loads without a remark, with the deployments and providers`(name: String) throws {
        let reading = Catalogue.read(
            CatalogueSources(
                templates: try file("templates/\(name).json"),
                deployments: try file("deployments/spawner_deployments.json"),
                providers: try file("deployments/providers.json")),
            registry: try Plugins.registry(stateDirectory: ""), strict: true)
        #expect(reading.diagnostics.map(\.description) == [])
        let catalogue = try #require(reading.catalogue)
        let plan = try catalogue.plan(
            for: SessionRequest(
                id: try SessionID("one"), identity: try SessionIdentity(hub: "hub", user: "alice")))
        #expect(plan.deployment == "jupyterlab")
        #expect(plan.options["environment"]?["JUPYTERHUB_DEFAULT_URL"] == "/lab")
    }

    /// What a hub may know of a user whose files are on another host.
    private static let attributes = UserAttributes([
        "mount_data": [
            "username": "alice", "targetHost": "files.example.org", "targetPath": "/home/alice", "port": "22",
            "privateKey": "a key",
        ],
        "uid": 1001,
    ])

    private static let swarmExamples = [
        "basic", "bind_mounts", "command", "configs", "endpoint", "gpu", "image_args", "image_env", "nfs_homes",
        "sshfs", "tmpfs_mounts", "user_hook", "user_options", "volume_mounts", "volume_readonly_mounts",
    ]

    @Test(arguments: swarmExamples)
    func `an example of a swarm's templates loads without a remark, and can be asked for`(name: String) throws {
        let reading = Catalogue.read(
            CatalogueSources(templates: try file("templates/swarm_\(name).json")),
            registry: try Plugins.registry(stateDirectory: "", environment: [:]), strict: true)
        #expect(reading.diagnostics.map(\.description) == [])
        let catalogue = try #require(reading.catalogue)
        let plan = try catalogue.plan(
            for: SessionRequest(
                id: try SessionID("one"), identity: try SessionIdentity(hub: "hub", user: "alice"),
                attributes: Self.attributes))
        #expect(plan.backend == "swarm")
    }

    private static let sshExamples = [
        "basic", "certificates", "cloudsshspawner", "conda", "direct", "jump_host", "libvirt", "pool", "sshspawner",
    ]

    @Test(arguments: sshExamples)
    func `an example of templates for other machines loads without a remark, and can be asked for`(name: String) throws
    {
        let reading = Catalogue.read(
            CatalogueSources(
                templates: try file("templates/ssh_\(name).json"),
                providers: ["libvirt", "pool"].contains(name)
                    ? try file("deployments/providers_\(name).json") : nil),
            registry: try Plugins.registry(stateDirectory: "", environment: [:]), strict: true)
        #expect(reading.diagnostics.map(\.description) == [])
        let catalogue = try #require(reading.catalogue)
        let plan = try catalogue.plan(
            for: SessionRequest(
                id: try SessionID("one"), identity: try SessionIdentity(hub: "hub", user: "alice")))
        #expect(plan.backend == "ssh")
    }

    @Test func `the example of external plug-ins loads without a remark, and can be asked for`() throws {
        let reading = Catalogue.read(
            CatalogueSources(
                templates: try file("templates/plugins.json"), providers: try file("deployments/providers_plugins.json")
            ),
            registry: try Plugins.registry(stateDirectory: "", environment: [:]), strict: true)
        #expect(reading.diagnostics.map(\.description) == [])
        let catalogue = try #require(reading.catalogue)
        for (name, backend) in [("Process", "exec"), ("Lab", "ssh")] {
            let plan = try catalogue.plan(
                for: SessionRequest(
                    id: try SessionID("one"), identity: try SessionIdentity(hub: "hub", user: "alice"),
                    options: ["template": .string(name)]))
            #expect(plan.backend.rawValue == backend)
            if name == "Process" { #expect(plan.options["options"] == ["owner": "alice"]) }
            if name == "Lab" { #expect(plan.machine?.options == ["data": ["host": "gpu-1"]]) }
        }
    }

    @Test func `the templates of the stack for production load without a remark`() throws {
        let reading = Catalogue.read(
            CatalogueSources(templates: try file("deployments/swarm_templates.json")),
            registry: try Plugins.registry(stateDirectory: "", environment: [:]), strict: true)
        #expect(reading.diagnostics.map(\.description) == [])
    }

    @Test func `every example is tested`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "templates").path)
        #expect(
            names.filter { $0.hasSuffix(".json") && !$0.hasSuffix(".schema.json") }.sorted()
                == [
                    "groups.json", "local_accounts.json", "local_limits.json", "plugins.json", "spawner_templates.json",
                ]
                + Self.sshExamples.map { "ssh_\($0).json" } + Self.swarmExamples.map { "swarm_\($0).json" })
    }

    /// After a change of a declaration: `multiplespawner schema templates > templates/spawner_templates.schema.json`.
    @Test func `the schemas that are kept are those that are generated`() throws {
        let registry = try Plugins.registry(stateDirectory: "")
        let generated = [
            "templates/spawner_templates.schema.json": CatalogueSchema.templates(registry).prettyText,
            "deployments/spawner_deployments.schema.json": CatalogueSchema.deployments(registry).prettyText,
            "deployments/providers.schema.json": CatalogueSchema.providers(registry).prettyText,
            "docs/plugin.schema.json": PluginProtocol.schema.prettyText,
        ]
        for (path, text) in generated {
            let kept = String(decoding: try file(path).bytes, as: UTF8.self).split(separator: "\n")
            let lines = text.split(separator: "\n")
            let changed = zip(kept, lines).first { $0 != $1 }
            let isUpToDate = changed == nil && kept.count == lines.count
            #expect(isUpToDate, "\(path): \(changed?.1 ?? "the rest") is not up to date")
        }
    }
}

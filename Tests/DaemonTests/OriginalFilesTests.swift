import Foundation
import MultipleSpawner
import Testing

@testable import Daemon

/// The files that the original ships, read by what this program has.
@Suite struct OriginalFilesTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../Fixtures/originals").standardized

    private func file(_ name: String) throws -> CatalogueSources.File {
        CatalogueSources.File(name: name, bytes: [UInt8](try Data(contentsOf: Self.root.appending(path: name))))
    }

    private func plan(providers: String) throws -> SessionPlan {
        let reading = Catalogue.read(
            CatalogueSources(
                templates: try file("shipped-templates.json"), deployments: try file("shipped-deployments.json"),
                providers: CatalogueSources.File(name: "providers.json", bytes: Array(providers.utf8))),
            registry: try Plugins.registry(stateDirectory: "", environment: [:]))
        #expect(reading.diagnostics.filter { $0.severity == .error }.map(\.description) == [])
        let catalogue = try #require(reading.catalogue)
        return try catalogue.plan(
            for: SessionRequest(
                id: try SessionID("one"), identity: try SessionIdentity(hub: "hub", user: "alice"),
                options: ["spawn_options": ["provider": "libvirt_provider", "resource_type": "virtual_machine"]]))
    }

    @Test func `a deployment's image is that of the machine that libvirt makes`() throws {
        let plan = try plan(
            providers: """
                [{"name": "local"}, {"name": "libvirt_provider", "types": ["virtual_machine"],
                  "options": {"images": {"Ubuntu 20.04": "/srv/focal.qcow2"}}}]
                """)
        #expect(plan.deployment == "ubuntu_20_04")
        #expect(plan.machine?.options == ["image": "Ubuntu 20.04"])
    }
}

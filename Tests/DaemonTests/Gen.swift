import FoundationEssentials
import MultipleSpawner
import Testing

@testable import Daemon

@Test func gen() throws {
    let r = try Plugins.names
    try Data(CatalogueSchema.templates(r).prettyText.utf8).write(
        to: URL(filePath: "/work/wt-catalogue/templates/spawner_templates.schema.json"))
    try Data(CatalogueSchema.deployments(r).prettyText.utf8).write(
        to: URL(filePath: "/work/wt-catalogue/deployments/spawner_deployments.schema.json"))
    try Data(CatalogueSchema.providers().prettyText.utf8).write(
        to: URL(filePath: "/work/wt-catalogue/deployments/providers.schema.json"))
}

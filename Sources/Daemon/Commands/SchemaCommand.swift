import ArgumentParser
import MultipleSpawner
import Transport

/// `schema`: the JSON Schema of one of the files, for editors.
struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema (2020-12) of a file, or of what plug-ins say.")

    enum File: String, ExpressibleByArgument, CaseIterable {
        case templates, deployments, providers, settings, plugin
    }

    @Argument(help: "templates, deployments, providers, settings or plugin.") var file: File

    func run() async throws {
        try await reporting {
            let registry = try Plugins.registry(stateDirectory: "", environment: [:])
            let schema: JSONValue =
                switch file {
                case .templates: CatalogueSchema.templates(registry)
                case .deployments: CatalogueSchema.deployments(registry)
                case .providers: CatalogueSchema.providers(registry)
                case .plugin: PluginProtocol.schema
                case .settings: JSONSchema.document(title: "MultipleSpawner settings", .object(Settings.shape))
                }
            print(schema.prettyText, terminator: "")
        }
    }
}

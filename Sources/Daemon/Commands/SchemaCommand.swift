import ArgumentParser
import MultipleSpawner

/// `schema`: the JSON Schema of one of the files, for editors.
struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema (2020-12) of a file.")

    enum File: String, ExpressibleByArgument, CaseIterable {
        case templates, deployments, providers, settings
    }

    @Argument(help: "templates, deployments, providers or settings.") var file: File

    func run() async throws {
        try await reporting {
            let registry = try Plugins.registry(stateDirectory: "", environment: [:])
            let schema: JSONValue =
                switch file {
                case .templates: CatalogueSchema.templates(registry)
                case .deployments: CatalogueSchema.deployments(registry)
                case .providers: CatalogueSchema.providers()
                case .settings: JSONSchema.document(title: "MultipleSpawner settings", .object(Settings.shape))
                }
            print(schema.prettyText, terminator: "")
        }
    }
}

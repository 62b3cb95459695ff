/// Writes declarations as JSON Schema, draft 2020-12.
///
/// It comes from the same `Shape` that the reader binds with, so the two cannot disagree: a schema takes the aliases, and
/// the numbers and booleans written as text.
public enum JSONSchema {
    /// The schema of a shape, complete in itself.
    public static func schema(of shape: Shape) -> JSONValue {
        var writer = SchemaWriter(sharesDefinitions: false)
        return writer.schema(of: shape)
    }

    /// A whole document, with its title.
    public static func document(title: String, _ shape: Shape) -> JSONValue {
        var writer = SchemaWriter(sharesDefinitions: true)
        var members = writer.schema(of: shape).objectValue ?? [:]
        members["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        members["title"] = .string(title)
        if !writer.definitions.isEmpty { members["$defs"] = .object(writer.definitions) }
        return .object(members)
    }
}

/// The schemas of the files.
public enum CatalogueSchema {
    /// Of `spawner_templates.json`.
    public static func templates(_ registry: Registry) -> JSONValue {
        JSONSchema.document(
            title: "MultipleSpawner templates: how each kind of spawn is done",
            .list(.object(Template.shape(for: registry))))
    }

    /// Of `spawner_deployments.json`. What else an entry holds goes to the backend, of which this file says nothing.
    public static func deployments(_ registry: Registry) -> JSONValue {
        JSONSchema.document(
            title: "MultipleSpawner deployments: what is launched", .object(Deployment.fileShape))
    }

    /// Of `providers.json`.
    public static func providers(_ registry: Registry) -> JSONValue {
        JSONSchema.document(
            title: "MultipleSpawner providers: who owns the machines",
            .list(.object(ProviderEntry.shape(for: registry))))
    }
}

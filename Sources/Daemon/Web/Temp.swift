import MultipleSpawner

enum SpawnFormPage { static func html(_ f: SpawnForm) throws -> String { "form" } }
enum StatusPage {
    static func html(records: [SessionRecord], state: CatalogueFiles.State) throws -> String { "status" }
}

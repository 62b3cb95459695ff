import FoundationEssentials
import MultipleSpawner
import Mustache

/// The HTML of the form: a fragment that the hub puts into its own `<form>`.
///
/// It works without scripts: every choice is in it, and what does not go together is refused when it is sent. With
/// scripts the fields follow each other. Every value is escaped.
enum SpawnFormPage {
    static func html(_ form: SpawnForm) throws -> String {
        try template.render(try SpawnFormView(form))
    }

    /// Read once; a mistake in it is found by the tests.
    private static let template = EmbeddedTemplate(PackageResources.SpawnForm_mustache)

    static let script = String(decoding: PackageResources.SpawnForm_js, as: UTF8.self)
}

import MultipleSpawner

/// The page at `/`: plain HTML without scripts, for whoever runs the daemon.
enum StatusPage {
    static func html(_ report: StatusReport) throws -> String {
        try template.render(report)
    }

    private static let template = EmbeddedTemplate(PackageResources.Status_mustache)
}

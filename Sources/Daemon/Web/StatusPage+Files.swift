import MultipleSpawner

extension StatusPage {
    static func html(records: [SessionRecord], state: CatalogueFiles.State) throws -> String {
        try html(
            StatusReport(
                records: records, catalogue: state.catalogue, read: state.read, refused: state.refused))
    }
}

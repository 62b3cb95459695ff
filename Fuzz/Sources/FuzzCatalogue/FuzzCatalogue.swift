// The reader of JSON and of the catalogue: any bytes, as each of the three files.

import FuzzSupport
import MultipleSpawner

@_cdecl("LLVMFuzzerTestOneInput")
func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(bytes, count)
    let source = JSONSource(file: "f", bytes: bytes)
    for diagnostic in source.diagnostics {
        precondition(diagnostic.line > 0 && diagnostic.column > 0, "a position lies before the file")
    }
    if let root = source.root, source.diagnostics.isEmpty {
        // What was read without a remark is written so that it reads back the same.
        let value = root.jsonValue
        let again = JSONSource(file: "f", text: value.prettyText)
        precondition(again.root?.jsonValue == value && again.diagnostics.isEmpty, "a value does not read back")
    }
    let file = CatalogueSources.File(name: "f", bytes: bytes)
    // The zero byte separates the files, where there is one.
    let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
    let all = CatalogueSources(
        templates: CatalogueSources.File(name: "t", bytes: parts[0]),
        deployments: CatalogueSources.File(name: "d", bytes: parts.count > 1 ? parts[1] : bytes),
        providers: CatalogueSources.File(name: "p", bytes: parts.count > 2 ? parts[2] : bytes),
        // Any text is a list of users, too.
        userList: { path in CatalogueSources.File(name: path, bytes: bytes) })
    for sources in [CatalogueSources(templates: file), all] {
        let reading = Catalogue.read(sources, registry: PaperBackend.registry)
        precondition(
            (reading.catalogue == nil) == reading.diagnostics.hasErrors,
            "a catalogue without a reason, or in spite of one")
        _ = reading.diagnostics.map(\.description)
        _ = reading.catalogue?.form(for: "alice", groups: ["lab"])
        _ = reading.catalogue?.optionsSchema(for: "alice", groups: [])
        _ = reading.catalogue?.options(of: PaperBackend.kind)
    }
    return 0
}

@_cdecl("FuzzCatalogue_main")
func start() -> CInt { runFuzzer(test) }

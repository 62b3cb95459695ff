import FoundationEssentials
import MultipleSpawner

/// The files of a form that was sent: `{"user-upload": [{"filename", "content_type", "body": base64}]}`.
struct FormUploads: Sendable {
    struct File: Sendable {
        let name: String
        let content: [UInt8]
    }

    let files: [File]

    /// The declaration of the files of one field.
    static let shape = ObjectShape([
        Field("filename", .string, required: true, "its name on the user's machine"),
        Field("content_type", .string, "what the browser takes it for; not read"),
        Field("body", .string, required: true, "its content in base64"),
    ])

    /// Files of other fields are passed over, as other fields are.
    init(_ body: RequestBody) throws {
        files = try (body.value["files"]?[FormField.upload]?.arrayValue ?? []).map { file in
            let name = file["filename"]?.stringValue ?? ""
            guard let content = Data(base64Encoded: file["body"]?.stringValue ?? "") else {
                throw SpawnError(.invalidRequest, "the file '\(name.excerpt)' is not in base64; send its body so")
            }
            return File(name: name, content: Array(content))
        }
    }

    /// Keeps the files, and names them as user options do.
    func keep(in store: UploadStore, for identity: SessionIdentity) async throws -> JSONValue {
        var kept: [JSONValue] = []
        for file in files {
            let reference = try await store.keep(file.content, for: identity)
            let (stem, suffix) = Self.split(file.name)
            kept.append(["name": .string(stem), "extension": .string(suffix), "sha256": .string(reference)])
        }
        return .array(kept)
    }

    /// A name without its last extension, and that with its dot. A dot at the beginning begins none.
    private static func split(_ name: String) -> (String, String) {
        let bytes = Array(name.utf8)
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return (name, "") }
        return (String(decoding: bytes[..<dot], as: UTF8.self), String(decoding: bytes[dot...], as: UTF8.self))
    }
}

extension UploadStore {
    /// The files that user options refer to, as far as they are kept.
    func files(of options: JSONValue?, for identity: SessionIdentity) async throws -> [String: [UInt8]] {
        try await find(Catalogue.fileReferences(in: options ?? .null), for: identity)
    }
}

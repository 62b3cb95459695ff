extension SpawnWish {
    /// A file that a user brings along: its content, or the reference under which that is kept.
    struct Upload: Sendable, Hashable {
        let name: String
        /// As text, from the API.
        let data: String?
        /// The SHA-256 of the content, in hexadecimal.
        let reference: String?

        /// The declaration of one entry, which has SwarmSpawner's keys.
        static let shape = ObjectShape([
            Field("name", .string, required: true, "The file's name, with its extension or without."),
            Field("extension", .string, "The extension, with its dot."),
            Field("data", .string, "The content, as text."),
            Field("sha256", .string, "The reference that the form gave for the content."),
        ])

        init(bound: JSONValue) throws(SpawnError) {
            let stem = bound["name"]?.stringValue ?? ""
            let suffix = bound["extension"]?.stringValue ?? ""
            name = stem + (suffix.isEmpty || suffix.utf8.first == UInt8(ascii: ".") ? suffix : "." + suffix)
            data = bound["data"]?.stringValue
            reference = bound["sha256"]?.stringValue
            guard data == nil || reference == nil else {
                throw SpawnError(
                    .invalidRequest, "user options: the file '\(name.excerpt)' has both 'data' and 'sha256'; give one")
            }
        }
    }

    /// The files with their contents, those of references from what the request brings.
    func files(from kept: [String: [UInt8]]) throws(SpawnError) -> [UploadedFile] {
        var files: [UploadedFile] = []
        for upload in uploads {
            let content: [UInt8]
            if let data = upload.data {
                content = Array(data.utf8)
            } else if let reference = upload.reference {
                guard let found = kept[reference] else {
                    throw SpawnError(
                        .invalidRequest, "the file '\(upload.name.excerpt)' is not kept any more; upload it again")
                }
                content = found
            } else {
                throw SpawnError(
                    .invalidRequest, "user options: the file '\(upload.name.excerpt)' has no content; give its 'data'")
            }
            files.append(UploadedFile(name: upload.name, content: content))
        }
        return files
    }
}

extension Catalogue {
    /// The references to files that user options hold: whoever has the files gives them to the request.
    ///
    /// What cannot be read as user options holds none; the plan says what is wrong with it.
    public static func fileReferences(in options: JSONValue) -> [String] {
        ((try? SpawnWish(options))?.uploads ?? []).compactMap(\.reference)
    }
}

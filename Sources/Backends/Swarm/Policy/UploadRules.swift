import MultipleSpawner

/// Which files users may bring along, and where those appear.
struct UploadRules: Sendable, Hashable {
    let extensions: [String]
    let mostFiles: Int
    /// Bytes of one file.
    let mostBytes: Int
    /// In the container.
    let directory: String

    /// The largest config that Docker takes, in bytes. It takes no empty one either.
    static let dockerLimit = 1000 * 1024 - 1

    /// `nil` where users may bring none.
    init?(_ options: JSONValue) {
        guard options["enable_user_upload_install_files"]?.boolValue == true else { return nil }
        let given = options["allowed_user_upload_extensions"]?.arrayValue?.compactMap(\.stringValue)
        extensions = (given ?? [".txt"]).map { $0.hasPrefix(".") ? $0 : "." + $0 }
        mostFiles = options["user_upload_max_files"]?.integerValue ?? 10
        mostBytes = min(options["user_upload_max_size"]?.integerValue ?? 500 * 1024, Self.dockerLimit)
        directory = options["user_upload_destination_directory"]?.stringValue ?? "/user-installs"
    }

    /// As the form shows it.
    var menu: Menu.Uploads {
        Menu.Uploads(extensions: extensions, mostFiles: mostFiles, mostBytes: mostBytes)
    }

    /// - Throws: `invalid_request` for the first file that may not be brought, with the reason.
    func check(_ files: [UploadedFile]) throws(SpawnError) {
        guard files.count <= mostFiles else {
            throw SpawnError(
                .invalidRequest, "\(files.count) files were brought along; the most is \(mostFiles); leave some out")
        }
        var names: Set<[UInt8]> = []
        for file in files {
            try check(file)
            guard names.insert(Array(file.name.utf8)).inserted else {
                throw SpawnError(.invalidRequest, "the file '\(file.name.excerpt)' was brought twice; rename one")
            }
        }
    }

    private func check(_ file: UploadedFile) throws(SpawnError) {
        let bytes = Array(file.name.utf8)
        func refuse(_ reason: String) -> SpawnError {
            SpawnError(.invalidRequest, "the file '\(file.name.excerpt)' is refused: \(reason)")
        }
        guard !bytes.isEmpty, bytes.count <= 255 else { throw refuse("its name is empty, or longer than 255 bytes") }
        guard !file.name.unicodeScalars.contains(where: \.isControl) else {
            throw refuse("its name holds a control character")
        }
        guard !bytes.contains(UInt8(ascii: "/")), !bytes.contains(UInt8(ascii: "\\")) else {
            throw refuse("its name holds a slash; give the name alone")
        }
        guard bytes.first != UInt8(ascii: ".") else { throw refuse("its name begins with a dot") }
        let dot = bytes.lastIndex(of: UInt8(ascii: "."))
        let suffix = dot.map { String(decoding: bytes[$0...], as: UTF8.self).lowercased() } ?? ""
        guard extensions.contains(where: { $0.lowercased() == suffix }) else {
            throw refuse("its name must end in \(extensions.map { "'\($0.excerpt)'" }.joined(separator: " or "))")
        }
        guard !file.content.isEmpty else { throw refuse("it is empty, and Docker keeps no empty file") }
        guard file.content.count <= mostBytes else {
            throw refuse("it has \(file.content.count) bytes; the most is \(mostBytes)")
        }
    }
}

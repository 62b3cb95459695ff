import MultipleSpawner

/// Paths that placeholders may have had a part in.
enum ContainerPath {
    /// - Throws: `invalid_request` unless the path begins at the root and never goes up.
    static func check(_ path: String, calling what: String) throws(SpawnError) {
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw SpawnError(
                .invalidRequest, "\(what) is '\(path.excerpt)'; write a whole path, from the root: '/home/jovyan/work'")
        }
        try checkComponents(of: path, calling: what)
    }

    /// - Throws: `invalid_request` for a path that goes up, or that holds what no path may.
    static func checkComponents(of path: String, calling what: String) throws(SpawnError) {
        guard !holdsParent(path) else {
            throw SpawnError(.invalidRequest, "\(what) is '\(path.excerpt)'; '..' is not allowed in it")
        }
        guard !path.isEmpty, !path.unicodeScalars.contains(where: \.isControl) else {
            throw SpawnError(
                .invalidRequest, "\(what) is '\(path.excerpt)'; it is empty or holds a control character")
        }
    }

    /// Whether a component is `..`. Bytes are compared: a character may hold a slash and more.
    static func holdsParent(_ path: String) -> Bool {
        path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true)
            .contains { $0.elementsEqual("..".utf8) }
    }
}

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

    /// The same for what is mounted or made: the directory itself must be meant, and not the one above that all share.
    ///
    /// - Throws: `invalid_request` also for a path that ends in a slash, as one does whose last part came out empty.
    static func checkSource(_ path: String, calling what: String) throws(SpawnError) {
        try check(path, calling: what)
        guard path.utf8.count == 1 || path.utf8.last != UInt8(ascii: "/") else {
            throw SpawnError(
                .invalidRequest,
                "\(what) is '\(path.excerpt)', which ends in '/'; a placeholder in it may be empty, else leave the '/' out"
            )
        }
    }

    /// - Throws: `invalid_request` for a path that goes up, that has an empty part or `.` in it, or that holds what no
    ///   path may.
    static func checkComponents(of path: String, calling what: String) throws(SpawnError) {
        guard !holdsParent(path) else {
            throw SpawnError(.invalidRequest, "\(what) is '\(path.excerpt)'; '..' is not allowed in it")
        }
        guard !holdsNothing(path) else {
            throw SpawnError(
                .invalidRequest,
                "\(what) is '\(path.excerpt)'; a part of it is empty or '.', which a placeholder may have brought")
        }
        guard !path.isEmpty, !path.unicodeScalars.contains(where: \.isControl) else {
            throw SpawnError(
                .invalidRequest, "\(what) is '\(path.excerpt)'; it is empty or holds a control character")
        }
    }

    /// Whether a component is `.`, or one between two others is empty.
    private static func holdsNothing(_ path: String) -> Bool {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.contains { $0.elementsEqual(".".utf8) } || parts.dropFirst().dropLast().contains { $0.isEmpty }
    }

    /// Whether a component is `..`. Bytes are compared: a character may hold a slash and more.
    static func holdsParent(_ path: String) -> Bool {
        path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true)
            .contains { $0.elementsEqual("..".utf8) }
    }
}

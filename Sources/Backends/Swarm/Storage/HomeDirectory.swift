import MultipleSpawner

/// A directory that is made on first use, such as a home on a file server, with files beside it that say whose it is.
struct HomeDirectory: Sendable, Hashable {
    let path: String
    let uid: UInt32
    let gid: UInt32
    let mode: Int
    /// Holds the user's name.
    let ownerFile: String?
    /// Empty; a job that sets quotas looks for it and removes it.
    let quotaMarker: String?

    /// `nil` where the hook has no `path`.
    init?(_ options: OptionReader) throws(SpawnError) {
        guard let path = options.text("path") else { return nil }
        if !options.isUnknown(path) { try ContainerPath.checkSource(path, calling: "the home hook's 'path'") }
        self.path = Self.trimmed(path)
        guard self.path != "/" else {
            throw SpawnError(.invalidRequest, "the home hook's 'path' is '/'; name a directory below it")
        }
        uid = options.number("uid").flatMap { UInt32(exactly: $0) } ?? 1000
        gid = options.number("gid").flatMap { UInt32(exactly: $0) } ?? 100
        mode = options.number("mode") ?? 0o700
        ownerFile = try Self.beside(self.path, options, "owner_file")
        quotaMarker = try Self.beside(self.path, options, "quota_marker")
    }

    /// A file by its whole path, or by a name in the directory that the home is in.
    private static func beside(_ path: String, _ options: OptionReader, _ key: String) throws(SpawnError) -> String? {
        guard let name = options.text(key) else { return nil }
        if options.isUnknown(name) { return name }
        try ContainerPath.checkComponents(of: name, calling: "the home hook's '\(key)'")
        if name.utf8.first == UInt8(ascii: "/") { return name }
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
        return path[..<slash] + "/" + name
    }

    private static func trimmed(_ path: String) -> String {
        var bytes = Array(path.utf8)
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

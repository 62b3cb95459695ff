import Glibc
public import MultipleSpawner

/// A directory of this account, held open: what is read and written in it stays in it, whatever is renamed meanwhile.
///
/// Names are those of files in it, never paths, and a symbolic link by such a name is refused. What is written is never
/// readable by others, not even for an instant, and is there whole or not at all.
public struct PrivateDirectory: ~Copyable, Sendable {
    public let path: String
    let descriptor: Int32

    /// Opens the directory; it is made with mode 0700, and its parents too, where it is missing.
    ///
    /// - Throws: `invalid_request` where it belongs to another account or others may write to it.
    public init(making path: String) throws(SpawnError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o700) == 0 || errno == EEXIST || errno == EISDIR else {
                throw SpawnError(
                    .invalidRequest, "cannot make the directory '\(made.excerpt)': \(SystemError.last)")
            }
        }
        try self.init(path)
    }

    /// Opens the directory, which has to be there.
    public init(_ path: String) throws(SpawnError) {
        descriptor = try Self.open(path)
        self.path = path
    }

    private static func open(_ path: String) throws(SpawnError) -> Int32 {
        let opened = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else {
            let reason = SystemError.last
            throw SpawnError(
                reason.number == ENOENT ? .notFound : .invalidRequest,
                "cannot open the directory '\(path.excerpt)': \(reason)")
        }
        do throws(SpawnError) {
            try check(opened, path)
            return opened
        } catch {
            close(opened)
            throw error
        }
    }

    private static func check(_ descriptor: Int32, _ path: String) throws(SpawnError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw SpawnError(.invalidRequest, "cannot look at '\(path.excerpt)': \(SystemError.last)")
        }
        guard status.st_uid == geteuid() else {
            throw SpawnError(
                .invalidRequest,
                "the directory '\(path.excerpt)' belongs to uid \(status.st_uid), and this is uid \(geteuid()); "
                    + "choose another")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw SpawnError(
                .invalidRequest,
                "others may write to the directory '\(path.excerpt)'; take that from them with chmod go-w")
        }
    }

    deinit {
        close(descriptor)
    }
}

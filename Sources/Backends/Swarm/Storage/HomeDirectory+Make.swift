import Glibc
import MultipleSpawner

extension HomeDirectory {
    /// Makes the directory and the files beside it where they are missing. What is there is left as it is.
    ///
    /// The owner's file is written last: where it is missing, an earlier attempt was cut short, and what it did not do
    /// is done now. The directory above must exist: it may be a file server that is not mounted.
    ///
    /// - Throws: `backend_failed` that names the path and what the system said.
    func make(for user: String) async throws(SpawnError) {
        let failure = await BlockingWork.run { () -> SpawnError? in
            do throws(SpawnError) {
                try makeNow(for: user)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// The same on the calling thread, which may wait for a file server.
    func makeNow(for user: String) throws(SpawnError) {
        if let ownerFile, Self.exists(ownerFile), try isDirectory() { return }
        let isNew = mkdir(path, 0o700) == 0
        if !isNew, errno != EEXIST {
            let reason = SystemError.last
            let hint = reason.number == ENOENT ? "; the directory above is missing: make it, or mount it" : ""
            throw Self.problem("the home directory", path, reason, hint)
        }
        try own(isNew: isNew)
        guard isNew || ownerFile != nil else { return }
        if let quotaMarker { try Self.create(quotaMarker, holding: "") }
        if let ownerFile { try Self.create(ownerFile, holding: user + "\n") }
    }

    /// Hands the directory over; also one that an earlier attempt left as the daemon's own.
    private func own(isNew: Bool) throws(SpawnError) {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { throw Self.problem("the home directory", path, .last, "; is it a directory?") }
        defer { close(directory) }
        var status = stat()
        guard fstat(directory, &status) == 0 else { throw Self.problem("the home directory", path, .last) }
        guard isNew || (status.st_uid == geteuid() && status.st_uid != uid && status.st_mode & 0o7777 == 0o700) else {
            return
        }
        if status.st_uid != uid || status.st_gid != gid, fchown(directory, uid, gid) != 0 {
            throw Self.problem("the owner of the home directory", path, .last, "; is root squashed on the server?")
        }
        guard fchmod(directory, mode_t(mode)) == 0 else {
            throw Self.problem("the mode of the home directory", path, .last)
        }
    }

    private func isDirectory() throws(SpawnError) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SpawnError(.backendFailed, "the home directory '\(path.excerpt)' is not a directory; move it away")
        }
        return true
    }

    private static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Makes a file, unless there is one. A link is not followed.
    private static func create(_ path: String, holding text: String) throws(SpawnError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        if file < 0, errno == EEXIST { return }
        guard file >= 0 else { throw problem("the file beside the home directory", path, .last) }
        defer { close(file) }
        var text = text
        let count = text.withUTF8 { write(file, $0.baseAddress, $0.count) }
        guard count == text.utf8.count else {
            let reason = SystemError.last
            unlink(path)
            throw problem("the file beside the home directory", path, reason)
        }
    }

    private static func problem(
        _ what: String, _ path: String, _ reason: SystemError, _ hint: String = ""
    ) -> SpawnError {
        SpawnError(.backendFailed, "\(what) '\(path.excerpt)' cannot be made: \(reason)\(hint)")
    }
}

import Glibc
import MultipleSpawner

/// The daemon's own directory: journal, logs, keys. Mode 0700, and one daemon at a time.
final class StateDirectory: Sendable {
    let path: String
    private let lock: Int32

    /// Makes the directory where it is missing and takes its lock.
    ///
    /// - Throws: `.unavailable` when another daemon uses it, `.invalidRequest` when it is not ours or open to others.
    init(_ path: String) throws(SpawnError) {
        try Self.make(path)
        let file = path + "/lock"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw SpawnError(
                .invalidRequest, "cannot open '\(file)': \(errorText()); make it writable for this account")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw SpawnError(
                .unavailable,
                "another daemon uses the state directory '\(path)'; stop it, or choose another --state-dir")
        }
        self.path = path
        self.lock = descriptor
    }

    deinit {
        close(lock)
    }

    /// Makes a private directory with its parents, and refuses one that others may write to.
    static func make(_ path: String) throws(SpawnError) {
        var partial = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            partial += "/" + part
            guard mkdir(partial, 0o700) == 0 || errno == EEXIST else {
                throw SpawnError(.invalidRequest, "cannot make the directory '\(partial)': \(errorText())")
            }
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw SpawnError(.invalidRequest, "'\(path)' is not a directory; choose another")
        }
        guard status.st_uid == geteuid() else {
            throw SpawnError(
                .invalidRequest,
                "'\(path)' belongs to uid \(status.st_uid), and this is uid \(geteuid()); choose another")
        }
        guard status.st_mode & 0o077 == 0 || chmod(path, 0o700) == 0 else {
            throw SpawnError(.invalidRequest, "'\(path)' is open to others and cannot be closed: \(errorText())")
        }
    }
}

/// What the last system call said.
func errorText(_ code: Int32 = errno) -> String {
    String(cString: strerror(code))
}

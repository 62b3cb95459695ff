import Glibc
import MultipleSpawner

extension StateDirectory {
    /// What tells this daemon's things from another one's where both use one place: made once, and kept.
    func installation() throws(SpawnError) -> String {
        if let known = try Self.installation(in: path) { return known }
        let file = path + "/installation"
        let made = String(UInt64.random(in: 0 ... .max), radix: 16)
        let new = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard new >= 0 else {
            throw SpawnError(.invalidRequest, "cannot write '\(file)': \(errorText()); make it writable")
        }
        defer { close(new) }
        let line = Array((made + "\n").utf8)
        guard write(new, line, line.count) == line.count, fsync(new) == 0 else {
            throw SpawnError(.unavailable, "cannot write '\(file)': \(errorText())")
        }
        return made
    }

    /// What a daemon's directory says already; for commands that may run beside the daemon.
    ///
    /// - Throws: where it is there and cannot be read.
    static func installation(in path: String) throws(SpawnError) -> String? {
        let file = open(path + "/installation", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw SpawnError(
                .forbidden, "cannot read '\(path)/installation': \(errorText()); ask as the daemon's account")
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(file, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).filter { !$0.isWhitespace }
        return text.isEmpty ? nil : text
    }
}

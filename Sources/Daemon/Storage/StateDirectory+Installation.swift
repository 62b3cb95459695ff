import Glibc
import MultipleSpawner

extension StateDirectory {
    /// What tells this daemon's things from another one's where both use one place: made once, and kept.
    func installation() throws(SpawnError) -> String {
        let file = path + "/installation"
        var bytes = [UInt8](repeating: 0, count: 64)
        let known = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if known >= 0 {
            defer { close(known) }
            let count = read(known, &bytes, bytes.count)
            let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).filter { !$0.isWhitespace }
            if !text.isEmpty { return text }
        }
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
}

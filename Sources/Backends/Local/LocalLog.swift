import Glibc
import MultipleSpawner

/// The file that a server's output goes to. It belongs to the daemon: the server only holds it open.
struct LocalLog: Sendable {
    let path: String

    /// Makes the directory that logs are kept in, for the daemon alone.
    static func makeDirectory(_ directory: String) throws(SpawnError) {
        var made = directory.hasPrefix("/") ? "" : "."
        for part in directory.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o700) == 0 || errno == EEXIST || errno == EISDIR else {
                let reason = SystemError.last
                throw SpawnError(.backendFailed, "the log directory '\(directory)' cannot be made: \(reason)")
            }
        }
        var status = stat()
        guard stat(directory, &status) == 0, status.st_uid == geteuid(), chmod(directory, 0o700) == 0 else {
            throw SpawnError(
                .backendFailed,
                "the log directory '\(directory)' belongs to another account; name another state directory")
        }
    }

    /// An empty file for a server that is about to start; the caller closes the descriptor. The directory is made with
    /// the first of them.
    func open() throws(SpawnError) -> Int32 {
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY
        var descriptor = Glibc.open(path, flags, 0o600)
        if descriptor < 0, errno == ENOENT {
            try Self.makeDirectory(path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" })
            descriptor = Glibc.open(path, flags, 0o600)
        }
        guard descriptor >= 0 else {
            let reason = SystemError.last
            throw SpawnError(.backendFailed, "the log '\(path)' cannot be written: \(reason)")
        }
        return descriptor
    }

    /// The last lines, for an error's details.
    func lastLines(_ count: Int = 20) -> [String] {
        let descriptor = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 8192)
        let start = max(0, lseek(descriptor, 0, SEEK_END) - buffer.count)
        let read = pread(descriptor, &buffer, buffer.count, start)
        guard read > 0 else { return [] }
        let lines = buffer[..<read].split(separator: UInt8(ascii: "\n")).suffix(count)
        return lines.map { line in
            // A line keeps its length here, and loses what could move a terminal's cursor.
            let text = String(decoding: line.prefix(500), as: UTF8.self)
            return String(
                String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl && $0 != "\t" ? "\u{FFFD}" : $0 }))
        }
    }

    func remove() {
        unlink(path)
    }
}

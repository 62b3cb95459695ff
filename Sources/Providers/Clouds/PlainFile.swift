import Glibc
import MultipleSpawner
import Transport

/// Reads files that others keep, such as a cloud's credentials.
enum PlainFile {
    /// The content, read beside the threads that tasks run on; `nil` where there is no such file.
    ///
    /// - Throws: `invalid_request` for what cannot be read, is no plain file, or is longer than a mebibyte.
    static func read(_ path: String) async throws(SpawnError) -> [UInt8]? {
        try await FileWork.run { () throws(SpawnError) in try readNow(path) }
    }

    private static let longest = 1 << 20

    private static func readNow(_ path: String) throws(SpawnError) -> [UInt8]? {
        // A pipe in its place must not hold us up.
        let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard opened >= 0 else {
            let number = errno
            if number == ENOENT || number == ENOTDIR { return nil }
            throw SpawnError(.invalidRequest, "cannot read '\(path.excerpt)': \(String(cString: strerror(number)))")
        }
        defer { close(opened) }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= longest else {
            throw SpawnError(.invalidRequest, "'\(path.excerpt)' is no plain file of at most a mebibyte; put one there")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count <= longest {
            let count = Glibc.read(opened, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw SpawnError(.invalidRequest, "cannot read '\(path.excerpt)': \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }

    /// The path with `~` as HOME says it.
    static func expand(_ path: String, _ environment: [String: String]) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home = environment["HOME"], !home.isEmpty else { return path }
        return home + path.dropFirst()
    }
}

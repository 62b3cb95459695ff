import Glibc
import MultipleSpawner
import Transport

/// A file of this machine that a template names.
struct HubFile: Sendable, Hashable {
    /// An absolute path.
    let path: String

    /// - Parameters:
    ///   - text: absolute, `~/…`, or relative to a directory.
    ///   - directory: where relative ones are looked for; itself absolute.
    init(_ text: String, in directory: String, home: String?) throws(SpawnError) {
        guard !text.isEmpty, !text.unicodeScalars.contains(where: \.isControl) else {
            throw SpawnError(.invalidRequest, "'\(text.excerpt)' is no path of a file; name one")
        }
        if text == "~" || text.hasPrefix("~/") {
            guard let home, home.hasPrefix("/") else {
                throw SpawnError(
                    .invalidRequest, "'\(text.excerpt)' cannot be found, as HOME is not set; write the whole path")
            }
            path = home + text.dropFirst()
        } else {
            path = text.hasPrefix("/") ? text : "\(directory)/\(text)"
        }
    }

    /// Whether it is there and can be read, whatever it is, on the calling thread.
    var isReadable: Bool { access(path, R_OK) == 0 }

    /// Whether it is there and is no directory, on the calling thread.
    var isThere: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, R_OK) == 0
    }

    /// Its text, on the calling thread.
    ///
    /// - Throws: `not_found` where there is none, `invalid_request` where it is no text or longer than a megabyte.
    func text(calling what: String) throws(SpawnError) -> String {
        let descriptor = isThere ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1
        guard descriptor >= 0 else {
            throw SpawnError(.notFound, "there is no \(what) at \(ProgramWords.line(path)) that can be read")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count <= 1 << 20, case let count = read(descriptor, &buffer, buffer.count), count > 0 {
            bytes += buffer[..<count]
        }
        guard bytes.count <= 1 << 20, let text = String(validating: bytes, as: UTF8.self) else {
            throw SpawnError(
                .invalidRequest, "the \(what) \(ProgramWords.line(path)) is no text of a megabyte at most; shorten it")
        }
        return text
    }
}

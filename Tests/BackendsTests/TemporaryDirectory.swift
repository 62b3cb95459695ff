import Glibc
import Testing

@testable import Backends

/// A directory of one test's own.
struct TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/multiplespawner-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        // Accounts that tests switch to must be able to pass through.
        chmod(path, 0o711)
    }

    /// Removes it with what is in it; links are removed, never followed.
    func remove() {
        Self.remove(path)
    }

    private static func remove(_ path: String) {
        for name in (try? SystemFile.names(in: path)) ?? [] {
            let inside = "\(path)/\(name)"
            if unlink(inside) != 0 { remove(inside) }
        }
        rmdir(path)
    }
}

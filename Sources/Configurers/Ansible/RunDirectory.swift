import FoundationEssentials
import Glibc
import MultipleSpawner

/// A directory of one run: mode 0700, its files 0600, removed with all that is in it.
///
/// Its path is short, as a socket's whole path has at most 107 bytes. It is locked for as long as it is used, so that what a
/// process that was killed left is known, and is removed by the next one. All of it waits on the calling thread.
final class RunDirectory: Sendable {
    let path: String
    private let descriptor: Int32

    private static let parent = "/tmp"
    private static let prefix = "mspans-"

    init() throws(SpawnError) {
        Self.removeLeftovers()
        var template = Array("\(Self.parent)/\(Self.prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Self.failure() }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw Self.failure() }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Makes a directory in it.
    func folder(_ name: String) throws(SpawnError) -> String {
        guard mkdir("\(path)/\(name)", 0o700) == 0 else { throw Self.failure() }
        return "\(path)/\(name)"
    }

    /// Makes a file in it.
    func file(_ name: String, _ content: [UInt8]) throws(SpawnError) -> String {
        let path = "\(path)/\(name)"
        let opened = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw Self.failure() }
        defer { close(opened) }
        var rest = content[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(opened, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count == 0 || errno != EINTR {
                throw Self.failure()
            }
        }
        return path
    }

    func file(_ name: String, _ text: String) throws(SpawnError) -> String {
        try file(name, Array(text.utf8))
    }

    /// The names of what is in a directory.
    func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// Removes it with all that is in it; links are not followed. What resists is left for the next run.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Removes the directories of this account that nobody uses any more.
    private static func removeLeftovers() {
        guard let stream = opendir(parent) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix(prefix) else { continue }
            let path = "\(parent)/\(name)"
            let opened = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard opened >= 0 else { continue }
            defer { close(opened) }
            var status = stat()
            // One that is new may not have been locked yet.
            guard fstat(opened, &status) == 0, status.st_uid == geteuid(), status.st_mtim.tv_sec + 60 < time(nil),
                flock(opened, LOCK_EX | LOCK_NB) == 0
            else { continue }
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private static func failure() -> SpawnError {
        SpawnError(.overCapacity, "no files can be made in \(parent) (error \(errno)); make room there")
    }
}

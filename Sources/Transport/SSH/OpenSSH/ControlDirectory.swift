import Glibc
import MultipleSpawner

/// A directory of this process's own account, mode 0700, that is removed with what is in it.
///
/// Its path is short: a socket's whole path has at most 107 bytes. It is locked for as long as it is used, so that one
/// whose process was killed is known, and removed by the next that needs one.
final class ControlDirectory: Sendable {
    private static let parent = "/tmp"
    private static let prefix = "mspssh-"

    let path: String
    private let lock: Int32

    init() throws(SpawnError) {
        _ = Self.isSwept
        for _ in 0..<10 {
            var template = Array("\(Self.parent)/\(Self.prefix)XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { break }
            let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
            // Somebody who clears up may have been quicker.
            guard let lock = Self.lock(path) else { continue }
            self.path = path
            self.lock = lock
            return
        }
        throw SpawnError(.overCapacity, "no directory can be made in \(Self.parent) (error \(errno)); make room there")
    }

    deinit {
        Self.remove(path)
        close(lock)
    }

    /// Done once: those of processes that were killed since are found by the next one.
    private static let isSwept: Bool = {
        for name in names(in: parent) where name.hasPrefix(prefix) {
            let path = "\(parent)/\(name)"
            guard let lock = lock(path) else { continue }
            remove(path)
            close(lock)
        }
        return true
    }()

    /// The descriptor that holds it; `nil` where it is another account's, in use, or gone.
    private static func lock(_ path: String) -> Int32? {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var (held, named) = (stat(), stat())
        guard fstat(descriptor, &held) == 0, held.st_uid == geteuid(), flock(descriptor, LOCK_EX | LOCK_NB) == 0,
            lstat(path, &named) == 0, named.st_ino == held.st_ino, named.st_dev == held.st_dev
        else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func remove(_ path: String) {
        for name in names(in: path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private static func names(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

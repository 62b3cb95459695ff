import Glibc
import MultipleSpawner

/// A directory of this process's own account, mode 0700, that is removed with what is in it.
///
/// Its path is short: a socket's whole path has at most 107 bytes.
final class ControlDirectory: Sendable {
    let path: String

    init() throws(SpawnError) {
        var template = Array("/tmp/mspssh-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw SpawnError(
                .overCapacity, "no directory can be made in /tmp (error \(errno)); make room there")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { unlink("\(path)/\(name)") }
            }
            closedir(stream)
        }
        rmdir(path)
    }
}

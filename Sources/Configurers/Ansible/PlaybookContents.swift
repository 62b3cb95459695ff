import Crypto
import FoundationEssentials
import Glibc
import MultipleSpawner
import Transport

/// All that playbooks are made of, as far as it lies beside them: a change in it changes what they do.
///
/// Roles and collections that lie elsewhere are not looked at.
struct PlaybookContents: Sendable {
    let playbooks: [String]
    let inventory: String?

    /// The folders beside a playbook in which Ansible looks for something.
    private static let folders = [
        "roles", "collections", "files", "templates", "vars", "tasks", "handlers", "group_vars", "host_vars", "library",
        "module_utils", "action_plugins", "filter_plugins", "lookup_plugins", "test_plugins", "vars_plugins",
    ]
    /// What a playbook may include lies beside it under such a name.
    private static let endings = [".yml", ".yaml", ".json", ".j2", ".ini", ".cfg", ".conf", ".sh", ".py"]
    private static let mostFiles = 4096
    private static let mostBytes = 64 << 20
    private static let deepest = 16

    init(_ playbooks: [String], inventory: String?) {
        self.playbooks = playbooks
        self.inventory = inventory
    }

    /// A text that is the same as long as all of it is; `nil` where there is too much of it to look at.
    func digest() async throws(SpawnError) -> String? {
        try await FileWork.run { () throws(SpawnError) in
            var sum = Sum()
            for playbook in playbooks { try sum.add(file: playbook) }
            if let inventory { try sum.add(anything: inventory, depth: 0) }
            var directories: [String] = []
            for playbook in playbooks {
                let directory = String(playbook[..<(playbook.lastIndex(of: "/") ?? playbook.startIndex)])
                if !directories.contains(directory) { directories.append(directory) }
            }
            for directory in directories {
                for folder in Self.folders { try sum.add(folder: "\(directory)/\(folder)", depth: 0) }
                for name in Sum.names(directory) where Self.endings.contains(where: name.hasSuffix) {
                    try sum.add(anything: "\(directory)/\(name)", depth: Self.deepest)
                }
            }
            return sum.isWhole ? sum.text : nil
        }
    }

    private struct Sum {
        private var hash = SHA256()
        private var files = 0
        private var bytes = 0
        private(set) var isWhole = true

        var text: String {
            hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        }

        static func names(_ directory: String) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
        }

        mutating func add(anything path: String, depth: Int) throws(SpawnError) {
            var status = stat()
            // A link that leads nowhere is nothing that could be included.
            guard isWhole, stat(path, &status) == 0 else { return }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try add(folder: path, depth: depth + 1)
            case S_IFREG: try add(file: path)
            default: break
            }
        }

        mutating func add(folder path: String, depth: Int) throws(SpawnError) {
            guard depth <= PlaybookContents.deepest else {
                isWhole = isWhole && Self.names(path).isEmpty
                return
            }
            for name in Self.names(path) where name != "__pycache__" {
                try add(anything: "\(path)/\(name)", depth: depth)
            }
        }

        mutating func add(file path: String) throws(SpawnError) {
            files += 1
            guard isWhole, files <= PlaybookContents.mostFiles else {
                isWhole = false
                return
            }
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else {
                throw SpawnError(.invalidRequest, "cannot read '\(ProgramWords.line(path))'; correct its permissions")
            }
            defer { close(descriptor) }
            var content = SHA256()
            var buffer = [UInt8](repeating: 0, count: 65536)
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
                bytes += count
                guard bytes <= PlaybookContents.mostBytes else {
                    isWhole = false
                    return
                }
                content.update(data: buffer[..<count])
            }
            // The name has a length of its own, so that no two trees look the same.
            hash.update(data: Array("\(path.utf8.count) \(path) ".utf8))
            hash.update(data: Array(content.finalize()))
        }
    }
}

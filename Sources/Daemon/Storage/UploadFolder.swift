import FoundationEssentials
import Glibc
import MultipleSpawner

/// The files of uploads on the disk: a private directory for each owner, a private file for each content.
struct UploadFolder: Sendable {
    struct File: Sendable {
        let path: String
        let name: String
        let bytes: Int
        /// Seconds since 1970.
        let used: Int
    }

    let path: String

    /// Writes a file whole, or not at all. One that is there already is used again.
    func write(_ content: [UInt8], as name: String, of owner: String) throws(SpawnError) {
        let directory = "\(path)/\(owner)"
        try StateDirectory.make(directory)
        // Left over when the daemon was killed here; nobody else writes into this directory.
        let partial = "\(directory)/.partial"
        unlink(partial)
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(errno) }
        var offset = 0
        while offset < content.count {
            let count = content.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            guard count > 0 || errno == EINTR else {
                let code = errno
                close(descriptor)
                unlink(partial)
                throw Self.failure(code)
            }
            offset += max(0, count)
        }
        close(descriptor)
        guard rename(partial, "\(directory)/\(name)") == 0 else { throw Self.failure(errno) }
    }

    /// A file's content, which is marked as used; `nil` when there is none, or it is larger than it may be.
    func read(_ name: String, of owner: String, atMost most: Int) -> [UInt8]? {
        let descriptor = open("\(path)/\(owner)/\(name)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size <= most else { return nil }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while content.count <= most {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else {
                futimens(descriptor, nil)
                return content
            }
            content += buffer[..<count]
        }
        return nil
    }

    func files(of owner: String) -> [File] {
        names(in: "\(path)/\(owner)").compactMap { name in
            let file = "\(path)/\(owner)/\(name)"
            var status = stat()
            guard lstat(file, &status) == 0 else { return nil }
            return File(path: file, name: name, bytes: Int(status.st_size), used: status.st_mtim.tv_sec)
        }
    }

    func allFiles() -> [File] {
        names(in: path).flatMap { files(of: $0) }
    }

    func remove(_ file: File) {
        unlink(file.path)
    }

    /// Removes the directories of owners who have no file any more.
    func removeEmpty() {
        for owner in names(in: path) { rmdir("\(path)/\(owner)") }
    }

    private func names(in directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    private static func failure(_ code: Int32) -> SpawnError {
        SpawnError(
            .unavailable, "an uploaded file cannot be kept: \(errorText(code)); make room in the state directory")
    }
}

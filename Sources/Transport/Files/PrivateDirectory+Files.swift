import Glibc
public import MultipleSpawner

extension PrivateDirectory {
    /// What a file is, besides its content.
    public struct FileStatus: Sendable, Hashable {
        public let owner: UInt32
        /// The permission bits.
        public let mode: UInt32

        /// Whether only its owner may read it and write to it.
        public var isPrivate: Bool { mode & 0o077 == 0 }
    }

    /// The content of a file; `nil` where there is none.
    ///
    /// - Throws: `invalid_request` where it is a symbolic link, no plain file, or longer than `limit` bytes.
    public func read(_ name: String, limit: Int = 16 << 20) throws(SpawnError) -> [UInt8]? {
        try open(name, limit: limit)?.bytes
    }

    /// Whose it is and who may read it; `nil` where there is none.
    public func status(of name: String) throws(SpawnError) -> FileStatus? {
        try open(name, limit: nil)?.status
    }

    private func open(_ name: String, limit: Int?) throws(SpawnError) -> (bytes: [UInt8], status: FileStatus)? {
        let opened = openat(descriptor, try checked(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard opened >= 0 else {
            let reason = SystemError.last
            if reason.number == ENOENT { return nil }
            if reason.number == ELOOP {
                throw SpawnError(
                    .invalidRequest, "'\(full(name))' is a symbolic link, which is not followed; put a file there")
            }
            throw SpawnError(.invalidRequest, "cannot read '\(full(name))': \(reason)")
        }
        defer { close(opened) }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SpawnError(.invalidRequest, "'\(full(name))' is not a plain file; remove it")
        }
        let found = FileStatus(owner: status.st_uid, mode: status.st_mode & 0o7777)
        guard let limit else { return ([], found) }
        do {
            let bytes = try FileBytes.read(opened, limit: limit + 1)
            guard bytes.count <= limit else {
                throw SpawnError(.invalidRequest, "'\(full(name))' is longer than \(limit) bytes; shorten it")
            }
            return (bytes, found)
        } catch {
            throw SpawnError(wrapping: error, as: .unavailable, "cannot read '\(full(name))': \(error)")
        }
    }

    /// Makes the file hold these bytes, in one step: who reads it meets the old content or the new one.
    ///
    /// - Throws: `invalid_request` where something else than a plain file has that name: it is not replaced.
    public func replace(_ name: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws(SpawnError) {
        _ = try status(of: name)
        try put(bytes, mode: mode, at: name) { temporary in renameat(descriptor, temporary, descriptor, name) }
    }

    /// Makes a file that must not be there yet.
    ///
    /// - Returns: `false` where there is one; nothing was changed then.
    public func create(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws(SpawnError) -> Bool {
        var isNew = true
        try put(bytes, mode: mode, at: name) { temporary in
            // A link that is made fails where the name is taken; a rename would take its place.
            guard linkat(descriptor, temporary, descriptor, name, 0) != 0 else {
                return unlinkat(descriptor, temporary, 0)
            }
            guard errno == EEXIST else { return -1 }
            isNew = false
            return unlinkat(descriptor, temporary, 0)
        }
        return isNew
    }

    private func put(
        _ bytes: [UInt8], mode: UInt32, at name: String, _ move: (_ temporary: String) -> Int32
    ) throws(SpawnError) {
        let temporary = ".\(try checked(name)).\(getpid()).\(String(UInt64.random(in: 0 ... .max), radix: 36)).tmp"
        let opened = openat(descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw SpawnError(.invalidRequest, "cannot write in '\(path.excerpt)': \(SystemError.last)")
        }
        defer { close(opened) }
        guard FileBytes.write(bytes, to: opened), fchmod(opened, mode) == 0, fsync(opened) == 0, move(temporary) == 0
        else {
            let reason = SystemError.last
            unlinkat(descriptor, temporary, 0)
            throw SpawnError(.unavailable, "cannot write '\(full(name))': \(reason)")
        }
        guard fsync(descriptor) == 0 else {
            throw SpawnError(.unavailable, "cannot write '\(full(name))' to the disk: \(SystemError.last)")
        }
    }

    /// Removes a file. One that is not there is no error.
    public func remove(_ name: String) throws(SpawnError) {
        guard unlinkat(descriptor, try checked(name), 0) == 0 || errno == ENOENT else {
            throw SpawnError(.unavailable, "cannot remove '\(full(name))': \(SystemError.last)")
        }
    }

    /// Removes what a process that was killed left of writing a file. Whoever writes it holds its lock, and calls this then.
    public func removeLeftovers(of name: String) throws(SpawnError) {
        let start = ".\(try checked(name))."
        for found in try names() where found.hasPrefix(start) && found.hasSuffix(".tmp") { try remove(found) }
    }

    /// The names of what is in it.
    public func names() throws(SpawnError) -> [String] {
        guard let stream = opendir("/proc/self/fd/\(descriptor)") else {
            throw SpawnError(.unavailable, "cannot list '\(path.excerpt)': \(SystemError.last)")
        }
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

    /// Where the file is, for whoever takes paths.
    public func path(of name: String) -> String { "\(path)/\(name)" }

    private func full(_ name: String) -> String { path(of: name).excerpt }

    /// A name that stays in the directory.
    func checked(_ name: String) throws(SpawnError) -> String {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(0),
            name.utf8.count <= 200
        else { throw SpawnError(.invalidRequest, "'\(name.excerpt)' is no name of a file; choose another") }
        return name
    }
}

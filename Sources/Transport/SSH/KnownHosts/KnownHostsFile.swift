import Glibc
public import MultipleSpawner

/// A `known_hosts` file of ours, and how it is changed: by exact names, under a lock, in one step.
///
/// Any number of processes may change it at once; nothing that one of them wrote is lost. What a line says of other
/// machines, comments and lines that cannot be read stay as they are.
public struct KnownHostsFile: Sendable, Hashable {
    public let path: String

    /// - Parameter path: a symbolic link by this name is refused. The directory is made where it is missing.
    public init(_ path: String) {
        self.path = path
    }

    /// Notes that a machine has this key, beside the others that it is known by.
    ///
    /// - Parameters:
    ///   - isHashed: whether the name is written so that only who knows it finds it.
    ///   - comment: one line.
    /// - Returns: `false` where that is in the file already.
    @discardableResult
    public func add(
        _ key: HostKey, for host: String, port: Int = 22, isHashed: Bool = false, comment: String = ""
    ) async throws(SpawnError) -> Bool {
        let line = try line(key, host, port, isHashed, comment)
        let name = HostPatterns.name(host, port: port)
        return try await FileWork.run { () throws(SpawnError) in
            try edit { lines in
                guard !lines.contains(where: { $0.says(key, of: name) }) else { return false }
                lines.append(line)
                return true
            }
        }
    }

    /// Makes these the only keys that the machine is known by under its own name.
    ///
    /// - Returns: `false` where it was so already.
    @discardableResult
    public func replace(
        with keys: [HostKey], for host: String, port: Int = 22, isHashed: Bool = false, comment: String = ""
    ) async throws(SpawnError) -> Bool {
        try await FileWork.run { () throws(SpawnError) in
            try replace(with: keys, for: host, port: port, isHashed: isHashed, comment: comment)
        }
    }

    /// The same, on the calling thread.
    @discardableResult
    public func replace(
        with keys: [HostKey], for host: String, port: Int = 22, isHashed: Bool = false, comment: String = ""
    ) throws(SpawnError) -> Bool {
        var wanted: [KnownHostsText] = []
        for key in keys { wanted.append(try line(key, host, port, isHashed, comment)) }
        let name = HostPatterns.name(host, port: port)
        return try edit { lines in
            let before = lines
            lines = lines.compactMap { line in
                keys.contains { line.says($0, of: name) } ? line : line.without(name)
            }
            for (key, line) in zip(keys, wanted) where !lines.contains(where: { $0.says(key, of: name) }) {
                lines.append(line)
            }
            return lines != before
        }
    }

    /// Forgets a machine: this very name at this very port, and no other that only contains it. Patterns, revoked keys and
    /// authorities stay.
    ///
    /// - Parameter key: forgets only this key of it.
    /// - Returns: `false` where the file did not know it.
    @discardableResult
    public func remove(_ host: String, port: Int = 22, key: HostKey? = nil) async throws(SpawnError) -> Bool {
        try await FileWork.run { () throws(SpawnError) in try remove(host, port: port, key: key) }
    }

    /// The same, on the calling thread.
    @discardableResult
    public func remove(_ host: String, port: Int = 22, key: HostKey? = nil) throws(SpawnError) -> Bool {
        // What cannot be written is not there.
        guard Self.takes(host, port: port) else { return false }
        let name = HostPatterns.name(host, port: port)
        return try edit { lines in
            let before = lines
            lines = lines.compactMap { line in
                if let key, !line.says(key, of: name) { return line }
                return line.without(name)
            }
            return lines != before
        }
    }

    /// What a file would hold once it had forgotten a machine.
    public static func content(_ content: [UInt8], without host: String, port: Int = 22) -> [UInt8] {
        // A pattern is no machine's name: without it others would be known, or unknown.
        guard takes(host, port: port) else { return content }
        let name = HostPatterns.name(host, port: port)
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let left = lines.compactMap { KnownHostsText(Array($0)).without(name)?.bytes }
        return Array(left.joined(separator: [UInt8(ascii: "\n")]))
    }

    // MARK: The file

    /// Changes the lines under the lock; the file is written where `change` says that there is something to write.
    private func edit(_ change: (inout [KnownHostsText]) -> Bool) throws(SpawnError) -> Bool {
        try LinesFile(path).edit { lines in
            var texts = lines.map(KnownHostsText.init)
            guard change(&texts) else { return false }
            lines = texts.map(\.bytes)
            return true
        }
    }

    private func line(
        _ key: HostKey, _ host: String, _ port: Int, _ isHashed: Bool, _ comment: String
    ) throws(SpawnError) -> KnownHostsText {
        try check(host, port)
        guard !comment.unicodeScalars.contains(where: \.isControl) else {
            throw SpawnError(.internal, "the comment '\(comment.excerpt)' is more than a line")
        }
        let name = HostPatterns.name(host, port: port)
        let field =
            isHashed
            ? HostPatterns.hashed(name, salt: (0..<20).map { _ in UInt8.random(in: 0...255) })
            : String(decoding: name, as: UTF8.self)
        return KnownHostsText("\(field) \(key)\(comment.isEmpty ? "" : " \(comment)")")
    }

    /// Whether the name and the port are those of one machine, and read back so.
    public static func takes(_ host: String, port: Int) -> Bool {
        let isName = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "%"):
                true
            default: false
            }
        }
        return isName && host.utf8.first != UInt8(ascii: "-") && (1...255).contains(host.utf8.count)
            && (1...65535).contains(port)
    }

    private func check(_ host: String, _ port: Int) throws(SpawnError) {
        guard Self.takes(host, port: port) else {
            throw SpawnError(
                .invalidRequest, "'\(host.excerpt)' with port \(port) is no machine; give a name or an address")
        }
    }

    /// The content of a file that anybody may have written, such as `/etc/ssh/ssh_known_hosts`; `nil` where there is none.
    static func content(of file: String) throws(SpawnError) -> [UInt8]? {
        let opened = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard opened >= 0 else {
            let reason = SystemError.last
            if reason.number == ENOENT || reason.number == ENOTDIR { return nil }
            throw SpawnError(.invalidRequest, "cannot read the known hosts in '\(file.excerpt)': \(reason)")
        }
        defer { close(opened) }
        do {
            let bytes = try FileBytes.read(opened, limit: LinesFile.longest + 1)
            guard bytes.count <= LinesFile.longest else {
                throw SpawnError(
                    .invalidRequest, "the known hosts in '\(file.excerpt)' are more than \(LinesFile.longest) bytes")
            }
            return bytes
        } catch {
            throw SpawnError(
                wrapping: error, as: .invalidRequest, "cannot read the known hosts in '\(file.excerpt)': \(error)")
        }
    }
}

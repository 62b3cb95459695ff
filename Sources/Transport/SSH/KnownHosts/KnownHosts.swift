public import MultipleSpawner

/// What `known_hosts` files say, by OpenSSH's own rules: names and patterns, `[host]:port`, hashed names,
/// `@cert-authority` and `@revoked`.
///
/// A line that cannot be read is among the `problems` and never matches.
public struct KnownHosts: Sendable {
    /// A line that cannot be read.
    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        public let file: String
        public let line: Int
        public let message: String

        /// `/etc/ssh/ssh_known_hosts:3: it holds a zero byte`.
        public var description: String { "\(file):\(line): \(message)" }
    }

    struct Entry: Sendable {
        let file: String
        let number: Int
        let line: KnownHostsLine
    }

    public private(set) var problems: [Problem] = []
    private var entries: [Entry] = []

    public init() {}

    /// Reads files, on the calling thread. One that is not there says nothing.
    ///
    /// - Throws: `invalid_request` where a file is there and cannot be read: what it would have forbidden is not known.
    public init(files: [String]) throws(SpawnError) {
        for file in files {
            if let bytes = try KnownHostsFile.content(of: file) { add(bytes, from: file) }
        }
    }

    /// The same, beside the threads that tasks run on.
    public static func read(_ files: [String]) async throws(SpawnError) -> KnownHosts {
        try await FileWork.run { () throws(SpawnError) in try KnownHosts(files: files) }
    }

    /// Adds what a file says.
    public mutating func add(_ bytes: [UInt8], from file: String) {
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            do throws(KnownHostsLine.Unreadable) {
                guard let line = try KnownHostsLine(line) else { continue }
                entries.append(Entry(file: file, number: index + 1, line: line))
            } catch {
                problems.append(Problem(file: file, line: index + 1, message: error.reason))
            }
        }
    }

    /// The types of the keys that a machine is known by: those to agree on with it, in the order of the files.
    ///
    /// Whoever lets the machine choose another type meets a key that is not on file, and takes it for a changed one.
    public func keyTypes(for host: String, port: Int = 22) -> [String] {
        var types: [String] = []
        for key in keys(for: host, port: port) where !types.contains(key.type) { types.append(key.type) }
        return types
    }

    /// The keys that a machine is known by, in the order of the files, without those that are revoked.
    public func keys(for host: String, port: Int = 22) -> [HostKey] {
        for entries in candidates(host, port) {
            let keys = entries.filter { $0.line.marker == nil }.map(\.line.key)
                .filter { revocation(of: $0, among: entries) == nil }
            if !keys.isEmpty { return keys }
        }
        return []
    }

    /// Whether an authority for certificates vouches for the machine.
    public func hasAuthority(for host: String, port: Int = 22) -> Bool {
        candidates(host, port).joined().contains { $0.line.marker == .authority }
    }

    /// Whether the machine is the one that it says it is.
    ///
    /// As with OpenSSH, a machine that is not known at this port is believed by the key that it has at SSH's own port.
    public func verdict(on key: HostKey, for host: String, port: Int = 22) -> HostKeyVerdict {
        let candidates = candidates(host, port)
        for entries in candidates {
            if let entry = revocation(of: key, among: entries) {
                return .revoked(file: entry.file, line: entry.number)
            }
        }
        for (index, entries) in candidates.enumerated() {
            if let entry = entries.first(where: { $0.line.marker == nil && $0.line.key == key }) {
                return .trusted(file: entry.file, line: entry.number)
            }
            // Another key at SSH's own port is that of another server.
            if index == 0, let entry = entries.first(where: { $0.line.marker == nil }) {
                return .changed(file: entry.file, line: entry.number, type: entry.line.key.type)
            }
        }
        if let entry = candidates.joined().first(where: { $0.line.marker == .authority }) {
            return .certificateAuthority(file: entry.file, line: entry.number)
        }
        return .unknown
    }

    /// The numbers of the lines that are about a machine at this very port.
    func lines(about host: String, port: Int) -> [Int] {
        let name = HostPatterns.name(host, port: port)
        return entries.filter { $0.line.hosts.match(name) }.map(\.number)
    }

    /// What matches the machine at its port, and then what matches it at SSH's own.
    private func candidates(_ host: String, _ port: Int) -> [[Entry]] {
        let names = port == 22 || port == 0 ? [22] : [port, 22]
        return names.map { port in
            let name = HostPatterns.name(host, port: port)
            return entries.filter { $0.line.hosts.match(name) }
        }
    }

    private func revocation(of key: HostKey, among entries: [Entry]) -> Entry? {
        entries.first { $0.line.marker == .revoked && $0.line.key == key }
    }
}

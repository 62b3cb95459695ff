public import MultipleSpawner

/// A file of lines that several processes change: under a lock, in one step, with what is not changed left as it is.
public struct LinesFile: Sendable, Hashable {
    public let path: String

    /// The longest file that is read, in bytes.
    static let longest = 16 << 20

    public init(_ path: String) {
        self.path = path
    }

    /// The lines as they are, on the calling thread; none where there is no such file.
    public func read() throws(SpawnError) -> [[UInt8]] {
        let (directory, name) = try place()
        do throws(SpawnError) {
            return try lines(PrivateDirectory(directory).read(name, limit: Self.longest) ?? [])
        } catch {
            guard error.code == .notFound else { throw error }
            return []
        }
    }

    /// Changes the lines, on the calling thread.
    ///
    /// - Parameter change: says whether there is something to write.
    /// - Returns: what `change` said.
    public func edit(_ change: (inout [[UInt8]]) throws(SpawnError) -> Bool) throws(SpawnError) -> Bool {
        let (path, name) = try place()
        let directory = try PrivateDirectory(making: path)
        return try directory.locked(name + ".lock") { () throws(SpawnError) in
            try directory.removeLeftovers(of: name)
            var lines = lines(try directory.read(name, limit: Self.longest) ?? [])
            guard try change(&lines) else { return false }
            var written: [UInt8] = []
            for line in lines { written += line + [UInt8(ascii: "\n")] }
            try directory.replace(name, with: written)
            return true
        }
    }

    private func place() throws(SpawnError) -> (directory: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            throw SpawnError(.invalidRequest, "'\(path.excerpt)' is no absolute path; give one")
        }
        return (String(path[..<slash]), String(path[path.utf8.index(after: slash)...]))
    }

    private func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
        // The end of the last line begins no other.
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

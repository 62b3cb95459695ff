public import MultipleSpawner

/// A file of lines that several processes change: under a lock, in one step, with what is not changed left as it is.
public struct LinesFile: Sendable, Hashable {
    public let path: String

    /// The longest file that is read, in bytes.
    static let longest = 16 << 20

    public init(_ path: String) {
        self.path = path
    }

    /// Changes the lines, on the calling thread.
    ///
    /// - Parameter change: says whether there is something to write.
    /// - Returns: what `change` said.
    public func edit(_ change: (inout [[UInt8]]) -> Bool) throws(SpawnError) -> Bool {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            throw SpawnError(.invalidRequest, "'\(path.excerpt)' is no absolute path; give one")
        }
        let name = String(path[path.utf8.index(after: slash)...])
        let directory = try PrivateDirectory(making: String(path[..<slash]))
        return try directory.locked(name + ".lock") { () throws(SpawnError) in
            try directory.removeLeftovers(of: name)
            let bytes = try directory.read(name, limit: Self.longest) ?? []
            var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
            // The end of the last line begins no other.
            if lines.last?.isEmpty == true { lines.removeLast() }
            guard change(&lines) else { return false }
            var written: [UInt8] = []
            for line in lines { written += line + [UInt8(ascii: "\n")] }
            try directory.replace(name, with: written)
            return true
        }
    }
}

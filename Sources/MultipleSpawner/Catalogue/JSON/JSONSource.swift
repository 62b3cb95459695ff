/// One of our files as it was read: its text, the tree in it, and what is wrong with the text.
///
/// JSON with two kindnesses: comments from `#` or `//` to the end of the line, and, with a warning each, a comma after
/// the last element and a string that goes on in the next line after a backslash. A mistake does not end the reading:
/// the rest of the file is looked at too, so that all is told at once.
public struct JSONSource: Sendable {
    /// What diagnostics call it.
    public let file: String
    /// The whole of it; `nil` when there is nothing that could be read.
    public let root: JSONNode?
    let bytes: [UInt8]
    let remarks: [Remark]

    public init(file: String, bytes: [UInt8]) {
        var reader = JSONReader(bytes)
        self.file = file
        self.bytes = bytes
        self.root = reader.readDocument()
        self.remarks = reader.remarks
    }

    public init(file: String, text: String) {
        self.init(file: file, bytes: Array(text.utf8))
    }

    /// What is wrong with the text itself.
    public var diagnostics: [Diagnostic] { diagnostics(remarks) }

    /// Finds the lines, columns and key paths of remarks about this file.
    func diagnostics(_ remarks: [Remark]) -> [Diagnostic] {
        guard !remarks.isEmpty else { return [] }
        let lines = LineIndex(bytes)
        return remarks.map { remark in
            let position = lines.position(of: remark.offset, in: bytes)
            return Diagnostic(
                severity: remark.severity, file: file, line: position.line, column: position.column,
                keyPath: root?.keyPath(to: remark.offset) ?? "", rule: remark.rule, message: remark.message)
        }
    }
}

/// Where the lines of a text begin.
struct LineIndex {
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        var starts = [0]
        for offset in bytes.indices where bytes[offset] == UInt8(ascii: "\n") {
            starts.append(offset + 1)
        }
        self.starts = starts
    }

    /// Line and column, both from 1; the column counts Unicode scalars.
    func position(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        let end = min(offset, bytes.count)
        // Only the first byte of a character counts: the others are 10xxxxxx.
        let column = bytes[starts[low]..<max(starts[low], end)].count { $0 & 0b1100_0000 != 0b1000_0000 }
        return (low + 1, column + 1)
    }
}

/// Puts lines together from pieces that end anywhere.
public struct LineReader: Sendable {
    private var unfinished: [UInt8] = []
    private let mostBytes: Int

    /// - Parameter mostBytes: the longest line that is taken.
    public init(mostBytes: Int = 1 << 20) {
        self.mostBytes = mostBytes
    }

    /// The lines that end in this piece, without their line ends; empty ones are left out.
    ///
    /// - Throws: `HTTPFailure` of kind `.tooLarge` for a line that does not end.
    public mutating func take(_ piece: [UInt8]) throws(HTTPFailure) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = piece[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            try append(rest[..<end])
            rest = rest[(end + 1)...]
            if let line = self.end() { lines.append(line) }
        }
        try append(rest)
        return lines
    }

    /// What came after the last line end.
    public mutating func end() -> [UInt8]? {
        defer { unfinished.removeAll() }
        if unfinished.last == UInt8(ascii: "\r") { unfinished.removeLast() }
        return unfinished.isEmpty ? nil : unfinished
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) throws(HTTPFailure) {
        guard unfinished.count + bytes.count <= mostBytes else {
            throw HTTPFailure(.tooLarge, "a line has more than \(mostBytes) bytes", mayHaveArrived: true)
        }
        unfinished += bytes
    }
}

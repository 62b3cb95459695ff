import MultipleSpawner

/// Names of hosts in the short form of clusters: `node[01-16]`, `gpu[1,3,7-9].lab`.
struct HostRange: Sendable, Hashable {
    /// In the order in which they are written, each once.
    let names: [String]

    /// The most names that one text may stand for.
    static let most = 100_000

    /// - Throws: `invalid_request` for brackets that do not close, and for ranges that run backwards.
    init(_ text: String) throws(SpawnError) {
        var names = [""]
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "[") {
            guard let close = rest[open...].firstIndex(of: "]") else { throw Self.refusal(text, "'[' is not closed") }
            let numbers = try Self.numbers(rest[rest.index(after: open)..<close], of: text)
            let before = String(rest[..<open])
            guard names.count * numbers.count <= Self.most else {
                throw Self.refusal(text, "it stands for more than \(Self.most) hosts")
            }
            names = names.flatMap { name in numbers.map { name + before + $0 } }
            rest = rest[rest.index(after: close)...]
        }
        guard !rest.contains("]") else { throw Self.refusal(text, "']' has no '['") }
        var seen: Set<String> = []
        self.names = names.map { $0 + rest }.filter { seen.insert($0).inserted }
    }

    /// `01-03,7` as `01`, `02`, `03`, `7`: what begins with a zero keeps its width.
    private static func numbers(_ list: Substring, of text: String) throws(SpawnError) -> [String] {
        var numbers: [String] = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, ends.allSatisfy({ isNumber($0) }), let first = ends.first, let last = ends.last,
                let low = Int(first), let high = Int(last)
            else { throw refusal(text, "'\(String(part).excerpt)' is no number and no range of numbers") }
            guard low <= high else { throw refusal(text, "the range '\(String(part).excerpt)' runs backwards") }
            guard high - low < most, numbers.count + high - low < most else {
                throw refusal(text, "it stands for more than \(most) hosts")
            }
            let width = first.hasPrefix("0") ? first.count : 0
            for number in low...high {
                let digits = String(number)
                numbers.append(String(repeating: "0", count: max(0, width - digits.count)) + digits)
            }
        }
        return numbers
    }

    private static func isNumber(_ text: Substring) -> Bool {
        (1...9).contains(text.utf8.count)
            && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func refusal(_ text: String, _ reason: String) -> SpawnError {
        SpawnError(
            .invalidRequest, "'\(text.excerpt)' names no hosts: \(reason); write node[01-16], gpu[1,3] or a name")
    }
}

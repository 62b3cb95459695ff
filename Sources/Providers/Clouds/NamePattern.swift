/// A name of a cloud's type of machine, in which `*` is anything: `t3.*`, `VM.Standard.E*`.
struct NamePattern: Sendable, Hashable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    /// Whether the name is what the pattern says. Linear in both.
    func fits(_ name: String) -> Bool {
        let parts = text.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return name == text }
        guard name.hasPrefix(first), name.utf8.count >= first.utf8.count + last.utf8.count else { return false }
        var rest = name.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.hasSuffix(last)
    }
}

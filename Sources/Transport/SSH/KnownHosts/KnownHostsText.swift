/// A line of a `known_hosts` file as it is written, with what it says, where it can be read.
struct KnownHostsText: Sendable, Hashable {
    let bytes: [UInt8]
    private let line: KnownHostsLine?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        line = try? KnownHostsLine(bytes)
    }

    init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// Whether it has this key for the machine of exactly this name.
    func says(_ key: HostKey, of name: [UInt8]) -> Bool {
        guard let line, line.marker == nil, line.key == key else { return false }
        return names(name, in: line)
    }

    /// The line without this name; `nil` where it names nothing else.
    func without(_ name: [UInt8]) -> KnownHostsText? {
        guard let line, line.marker == nil, names(name, in: line) else { return self }
        guard case .list = line.hosts else { return nil }
        let parts = line.field.utf8.split(separator: UInt8(ascii: ","))
        let others = parts.filter { !$0.lazy.map(HostPatterns.lowercased).elementsEqual(name) }
        // What is left may be there only to take names away.
        guard let first = others.first?.first, others.contains(where: { $0.first != UInt8(ascii: "!") }) else {
            return nil
        }
        // What stood behind a comma must not become a hash, a marker or a comment at the beginning.
        let isSpecial = ["|", "@", "#"].contains(Character(Unicode.Scalar(first)))
        let field = (isSpecial ? [UInt8(ascii: ",")] : []) + Array(others.joined(separator: [UInt8(ascii: ",")]))
        let start = bytes.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return KnownHostsText(start + field + bytes[(start.count + line.field.utf8.count)...])
    }

    private func names(_ name: [UInt8], in line: KnownHostsLine) -> Bool {
        switch line.hosts {
        case .hashed: line.hosts.match(name)
        case .list(let patterns): patterns.contains { !$0.isNegated && $0.text == name }
        }
    }
}

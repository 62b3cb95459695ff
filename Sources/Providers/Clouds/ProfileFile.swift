/// A file of sections with `key = value` lines, as the clouds' own programs keep their credentials.
struct ProfileFile: Sendable {
    private var sections: [String: [String: String]] = [:]

    /// Lines that are neither a section nor a setting say nothing, as with those programs.
    init(_ bytes: [UInt8]) {
        var section: String?
        for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let text = Self.trimmed(String(decoding: line, as: UTF8.self)[...])
            guard let first = text.utf8.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { continue }
            if first == UInt8(ascii: "["), let end = text.firstIndex(of: "]") {
                let name = String(Self.trimmed(text[text.index(after: text.startIndex)..<end]))
                section = name
                sections[name, default: [:]] = sections[name] ?? [:]
                continue
            }
            // What is indented belongs to a setting of several lines, which none of ours is.
            let isIndented = line.first == 0x20 || line.first == 0x09
            guard let section, !isIndented, let equals = text.firstIndex(of: "=") else { continue }
            let key = Self.trimmed(text[..<equals]).lowercased()
            sections[section]?[key] = String(Self.trimmed(text[text.index(after: equals)...]))
        }
    }

    /// The settings of a section; `nil` where there is none of that name.
    subscript(section: String) -> [String: String]? { sections[section] }

    var names: [String] { sections.keys.sorted() }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

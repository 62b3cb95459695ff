import MultipleSpawner

/// An element of an XML text that is written. No value can end its quotes or its element.
struct XMLNode: Sendable, Hashable {
    let name: String
    private(set) var attributes: [Attribute]
    private var content: String?
    private(set) var children: [XMLNode]

    struct Attribute: Sendable, Hashable {
        let name: String
        let value: String
    }

    init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [XMLNode] = []) {
        self.name = name
        self.attributes = attributes.map { Attribute(name: $0.key, value: $0.value) }
        self.children = children
    }

    /// An element whose attributes are found on the way.
    init(_ name: String, _ attributes: [(String, String)], _ children: [XMLNode] = [], text: String? = nil) {
        self.name = name
        self.attributes = attributes.map { Attribute(name: $0.0, value: $0.1) }
        self.children = children
        content = text
    }

    /// An element that holds nothing but other elements.
    init(_ name: String, _ children: [XMLNode]) {
        self.init(name, [:], children)
    }

    /// An element that holds nothing but text.
    init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String) {
        self.init(name, attributes)
        content = text
    }

    /// The text of this element.
    ///
    /// - Throws: `invalid_request` for a value that XML has no way to write.
    func text() throws(SpawnError) -> String {
        var text = "<\(name)"
        for attribute in attributes { text += " \(attribute.name)=\"\(try Self.escaped(attribute.value))\"" }
        guard content != nil || !children.isEmpty else { return text + "/>" }
        text += ">" + (try Self.escaped(content ?? ""))
        for child in children { text += try child.text() }
        return text + "</\(name)>"
    }

    /// The value as it may stand between quotes and between elements.
    static func escaped(_ value: String) throws(SpawnError) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&apos;"
            case "\t", "\n", "\r": text += "&#\(scalar.value);"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}":
                throw SpawnError(
                    .invalidRequest, "'\(value.excerpt)' holds a character that cannot be in XML; take it out")
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

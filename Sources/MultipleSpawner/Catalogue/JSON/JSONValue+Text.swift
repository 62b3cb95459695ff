extension JSONValue {
    /// The value as JSON text on one line, keys in alphabetical order: equal values give equal text.
    public var text: String {
        var text = ""
        write(into: &text, indent: nil)
        return text
    }

    /// The value as JSON text for people: indented by two spaces, keys in alphabetical order, a newline at the end.
    public var prettyText: String {
        var text = ""
        write(into: &text, indent: 0)
        return text + "\n"
    }

    private func write(into text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += value.isFinite ? String(value) : "null"
        case .string(let value): Self.write(value, into: &text)
        case .array(let elements):
            // Lists of plain values stay on their line: they are names and numbers.
            let isPlain = elements.allSatisfy { $0.arrayValue == nil && $0.objectValue == nil }
            let inner = isPlain ? nil : indent
            Self.write(elements, "[", "]", into: &text, indent: inner, spaced: indent != nil) { element, text in
                element.write(into: &text, indent: inner.map { $0 + 1 })
            }
        case .object(let members):
            let sorted = members.sorted { $0.key < $1.key }
            Self.write(sorted, "{", "}", into: &text, indent: indent, spaced: indent != nil) { member, text in
                Self.write(member.key, into: &text)
                text += indent == nil ? ":" : ": "
                member.value.write(into: &text, indent: indent.map { $0 + 1 })
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ opening: String, _ closing: String, into text: inout String, indent: Int?,
        spaced: Bool, each write: (Element, inout String) -> Void
    ) {
        text += opening
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let indent {
                text += "\n" + String(repeating: "  ", count: indent + 1)
            } else if index > 0, spaced {
                text += " "
            }
            write(element, &text)
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
        text += closing
    }

    private static func write(_ string: String, into text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

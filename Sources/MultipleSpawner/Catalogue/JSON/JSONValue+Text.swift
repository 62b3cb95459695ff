extension JSONValue {
    /// The value as JSON text on one line, keys in alphabetical order: equal values give equal text.
    public var text: String {
        var text = ""
        write(into: &text, separator: ",", colon: ":")
        return text
    }

    /// The value as JSON text for people: keys in alphabetical order, what is short on one line, the rest indented by
    /// two spaces, a newline at the end.
    public var prettyText: String {
        var text = ""
        write(into: &text, depth: 0, after: 0)
        return text + "\n"
    }

    // MARK: On one line

    private func write(into text: inout String, separator: String, colon: String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += value.isFinite ? String(value) : "null"
        case .string(let value): Self.write(value, into: &text)
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += separator }
                element.write(into: &text, separator: separator, colon: colon)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, (key, value)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { text += separator }
                Self.write(key, into: &text)
                text += colon
                value.write(into: &text, separator: separator, colon: colon)
            }
            text += "}"
        }
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

    // MARK: For people

    private static let widestLine = 116

    /// - Parameter used: how many characters stand before this on its line.
    private func write(into text: inout String, depth: Int, after used: Int) {
        var line = ""
        write(into: &line, separator: ", ", colon: ": ")
        guard used + line.utf8.count > Self.widestLine else {
            text += line
            return
        }
        let indent = String(repeating: "  ", count: depth + 1)
        let end = "\n" + String(repeating: "  ", count: depth)
        switch self {
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                text += (index > 0 ? "," : "") + "\n" + indent
                element.write(into: &text, depth: depth + 1, after: indent.utf8.count)
            }
            text += end + "]"
        case .object(let members):
            text += "{"
            for (index, (key, value)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                text += (index > 0 ? "," : "") + "\n" + indent
                Self.write(key, into: &text)
                text += ": "
                value.write(into: &text, depth: depth + 1, after: indent.utf8.count + key.utf8.count + 4)
            }
            text += end + "}"
        default:
            text += line
        }
    }
}

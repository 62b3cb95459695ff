import MultipleSpawner

/// Writes values as YAML that cannot be read in another way: on one line, every text in quotes.
///
/// A text that was not written by an admin and could be a template is marked `!unsafe`: Ansible never evaluates it.
struct InventoryText: Sendable {
    /// A line of its own keeps Ansible from reading it as JSON, which has no marks.
    private(set) var text = "---\n"

    /// - Parameter written: the same value as an admin wrote it; what differs is data.
    mutating func write(_ value: JSONValue, written: JSONValue?) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): write(value)
        case .string(let value):
            if written?.stringValue != value, Self.mayBecomeTemplate(value) { text += "!unsafe " }
            text += Self.quoted(value)
        case .array(let elements):
            let own = written?.arrayValue ?? []
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += ", " }
                write(element, written: index < own.count ? own[index] : nil)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, (key, member)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { text += ", " }
                text += Self.quoted(key) + ": "
                write(member, written: written?[key])
            }
            text += "}"
        }
    }

    /// YAML takes a number without a point for a text.
    private mutating func write(_ number: Double) {
        guard number.isFinite else {
            text += number.isNaN ? ".nan" : number < 0 ? "-.inf" : ".inf"
            return
        }
        let digits = String(number)
        guard let exponent = digits.firstIndex(of: "e") else {
            text += digits
            return
        }
        let mantissa = digits[..<exponent]
        text += mantissa.contains(".") ? mantissa : mantissa + ".0"
        let power = digits[digits.index(after: exponent)...]
        text += power.hasPrefix("-") || power.hasPrefix("+") ? "e\(power)" : "e+\(power)"
    }

    /// Whether it could be a template, or complete one. The mark makes Ansible 2.19 guess the type of a text, so a text that
    /// needs none has none: `yes` stays a text, and a number holds none of these.
    private static func mayBecomeTemplate(_ text: String) -> Bool {
        text.utf8.contains { "{}%#".utf8.contains($0) }
    }

    /// The longest key that YAML takes, as it is written, in bytes.
    private static let longestKey = 1000

    static func takes(key: String) -> Bool { quoted(key).utf8.count <= longestKey }

    /// All but the plainest characters are written by their numbers.
    private static func quoted(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case " "..."~": text.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                text += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }
        }
        return text + "\""
    }
}

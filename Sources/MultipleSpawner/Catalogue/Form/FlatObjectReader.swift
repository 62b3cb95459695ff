/// Reads one object of strings: JSON's, or Python's dictionary with strings in either quotes.
///
/// One pass, no nesting: the cost is that of the text's length, whatever is in it.
struct FlatObjectReader {
    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    /// The members; `nil` when the text is anything else, or a key is given twice.
    mutating func read() -> [String: String]? {
        skipSpace()
        guard take("{") else { return nil }
        var members: [String: String] = [:]
        skipSpace()
        while !take("}") {
            guard let key = string(), members[key] == nil else { return nil }
            skipSpace()
            guard take(":") else { return nil }
            skipSpace()
            guard let value = string() else { return nil }
            members[key] = value
            skipSpace()
            if take(",") {
                skipSpace()
            } else if current != "}" {
                return nil
            }
        }
        skipSpace()
        return position == scalars.count ? members : nil
    }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let scalar = current, [" ", "\t", "\n", "\r"].contains(scalar) { position += 1 }
    }

    /// A string in either quotes, with the escapes that both languages have.
    private mutating func string() -> String? {
        guard let quote = current, quote == "\"" || quote == "'" else { return nil }
        position += 1
        var text = String.UnicodeScalarView()
        while let scalar = current {
            position += 1
            switch scalar {
            case quote: return String(text)
            case "\\":
                guard let escaped = escape() else { return nil }
                text.append(escaped)
            case _ where scalar.value < 0x20: return nil
            default: text.append(scalar)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let scalar = current else { return nil }
        position += 1
        switch scalar {
        case "\"", "'", "\\", "/": return scalar
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "x": return code(digits: 2).flatMap(Unicode.Scalar.init)
        case "U": return code(digits: 8).flatMap(Unicode.Scalar.init)
        case "u":
            guard let first = code(digits: 4) else { return nil }
            guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
            // JSON writes what lies beyond 16 bits as a pair.
            guard take("\\"), take("u"), let second = code(digits: 4), (0xDC00..<0xE000).contains(second) else {
                return nil
            }
            return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        default: return nil
        }
    }

    private mutating func code(digits: Int) -> UInt32? {
        guard position + digits <= scalars.count else { return nil }
        var value: UInt32 = 0
        for scalar in scalars[position..<position + digits] {
            guard scalar.isASCII, let digit = Character(scalar).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        position += digits
        return value
    }
}

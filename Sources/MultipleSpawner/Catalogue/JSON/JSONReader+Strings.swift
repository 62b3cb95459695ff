extension JSONReader {
    /// Reads a string from its opening quote. What is wrong in it is reported, and the rest of it is kept.
    mutating func readString() -> String {
        let quote = bytes[offset]
        if quote == UInt8(ascii: "'") { report(.badString, at: offset, "strings stand in double quotes") }
        let opening = offset
        offset += 1
        var start = offset
        // Most strings hold no escape: they are taken in one piece.
        while offset < bytes.count {
            switch bytes[offset] {
            case quote:
                let text = decode(start..<offset)
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                var text = decode(start..<offset)
                start = readEscapes(into: &text, quote: quote)
                return text + finishString(from: start, quote: quote, opening: opening)
            case 0..<0x20:
                return finishString(from: start, quote: quote, opening: opening)
            default:
                offset += 1
            }
        }
        return finishString(from: start, quote: quote, opening: opening)
    }

    /// The rest of a string, which may hold anything.
    private mutating func finishString(from start: Int, quote: UInt8, opening: Int) -> String {
        var text = ""
        var start = start
        while offset < bytes.count {
            switch bytes[offset] {
            case quote:
                text += decode(start..<offset)
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                text += decode(start..<offset)
                start = readEscapes(into: &text, quote: quote)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                text += decode(start..<offset)
                report(.badString, at: opening, "the string that starts here is not closed on its line")
                return text
            case 0..<0x20:
                report(.badString, at: offset, "a control character stands in a string; write it as \\u00XX")
                offset += 1
            default:
                offset += 1
            }
        }
        text += decode(start..<offset)
        report(.badString, at: opening, "the string that starts here is not closed")
        return text
    }

    private mutating func decode(_ range: Range<Int>) -> String {
        if let text = String(validating: bytes[range], as: UTF8.self) { return text }
        report(.badUTF8, at: range.lowerBound, "this string is not UTF-8; save the file as UTF-8")
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// Reads the escape here and those that follow it at once; returns where plain text goes on.
    private mutating func readEscapes(into text: inout String, quote: UInt8) -> Int {
        while current == UInt8(ascii: "\\") { readEscape(into: &text) }
        return offset
    }

    private mutating func readEscape(into text: inout String) {
        let start = offset
        offset += 1
        guard let byte = current else { return }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.unicodeScalars.append(Unicode.Scalar(byte))
        case UInt8(ascii: "b"): text.append("\u{8}")
        case UInt8(ascii: "f"): text.append("\u{C}")
        case UInt8(ascii: "n"): text.append("\n")
        case UInt8(ascii: "r"): text.append("\r")
        case UInt8(ascii: "t"): text.append("\t")
        case UInt8(ascii: "u"): text.unicodeScalars.append(readScalar(escapedAt: start))
        case UInt8(ascii: "\n"):
            report(
                .lineContinuation, at: start, "JSON strings do not go on in the next line; write it in one",
                severity: .warning)
        case UInt8(ascii: "\r") where current == UInt8(ascii: "\n"):
            offset += 1
            report(
                .lineContinuation, at: start, "JSON strings do not go on in the next line; write it in one",
                severity: .warning)
        default:
            offset -= 1
            report(.badString, at: start, "this is no escape of JSON; write \\\\ for a backslash")
        }
    }

    /// Reads `XXXX` after `\u`, and a second `\uXXXX` where the first is the high half of a pair.
    private mutating func readScalar(escapedAt start: Int) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard let first = readUnit() else {
            report(.badString, at: start, "four hexadecimal digits are expected after \\u")
            return replacement
        }
        if let scalar = Unicode.Scalar(first) {
            if first == 0 { report(.badString, at: start, "a string may not hold the character NUL") }
            return scalar
        }
        if first < 0xDC00, current == UInt8(ascii: "\\"), offset + 1 < bytes.count,
            bytes[offset + 1] == UInt8(ascii: "u")
        {
            let second = offset
            offset += 2
            if let low = readUnit(), (0xDC00...0xDFFF).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (low - 0xDC00))
            {
                return scalar
            }
            offset = second
        }
        report(.loneSurrogate, at: start, "this is one half of a surrogate pair without the other")
        return replacement
    }

    private mutating func readUnit() -> UInt32? {
        guard offset + 4 <= bytes.count else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[offset..<offset + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        offset += 4
        return unit
    }
}

extension JSONReader {
    /// The letters, digits and signs from here on.
    mutating func takeWord() -> String {
        let start = offset
        while let byte = current, byte.startsWord { offset += 1 }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// Reads a number, `true`, `false` or `null`. A word of another language is reported and taken for what it means.
    mutating func readWord() -> JSONNode {
        let start = offset
        if isWholeNumber() {
            let text = takeWord()
            if let number = Int(text) { return JSONNode(.integer(number), at: start..<offset) }
            return JSONNode(number(text, at: start), at: start..<offset)
        }
        let word = takeWord()
        let value: JSONNode.Value =
            switch word {
            case "true": .bool(true)
            case "false": .bool(false)
            case "null": .null
            default: strange(word, at: start)
            }
        return JSONNode(value, at: start..<offset)
    }

    /// Whether the word here is made of digits, with a sign before them: what most numbers are.
    private func isWholeNumber() -> Bool {
        var index = offset
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        let digits = index
        while index < bytes.count, bytes[index].isDigit { index += 1 }
        guard index > digits, index - digits == 1 || bytes[digits] != UInt8(ascii: "0") else { return false }
        return index == bytes.count || !bytes[index].startsWord
    }

    private mutating func strange(_ word: String, at start: Int) -> JSONNode.Value {
        let first = word.utf8.first ?? 0
        if first.isDigit || first == UInt8(ascii: "-") || first == UInt8(ascii: "+") || first == UInt8(ascii: ".") {
            guard isNumber(Array(word.utf8)) else {
                report(.badNumber, at: start, "'\(word.excerpt)' is no number as JSON writes it")
                return .invalid
            }
            return number(word, at: start)
        }
        let meant: (String, JSONNode.Value)? =
            switch word.lowercased() {
            case "true": ("true", .bool(true))
            case "false": ("false", .bool(false))
            case "null", "none", "nil", "undefined": ("null", .null)
            default: nil
            }
        guard let (spelling, value) = meant else {
            report(.syntax, at: start, "'\(word.excerpt)' is no value; a string stands in double quotes")
            return .invalid
        }
        report(.syntax, at: start, "'\(word.excerpt)' is no value; write \(spelling)")
        return value
    }

    private mutating func number(_ text: String, at start: Int) -> JSONNode.Value {
        guard let value = Double(text), value.isFinite else {
            report(.outOfRange, at: start, "the number '\(text.excerpt)' is too large")
            return .invalid
        }
        return .number(value)
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private func isNumber(_ text: [UInt8]) -> Bool {
        var index = 0
        func digits() -> Int {
            let start = index
            while index < text.count, text[index].isDigit { index += 1 }
            return index - start
        }
        if text.first == UInt8(ascii: "-") { index += 1 }
        let whole = index
        let count = digits()
        guard count == 1 || (count > 1 && text[whole] != UInt8(ascii: "0")) else { return false }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            guard digits() > 0 else { return false }
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") { index += 1 }
            guard digits() > 0 else { return false }
        }
        return index == text.count
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}

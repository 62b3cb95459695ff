/// Reads a JSON text into a tree, and goes on after a mistake.
///
/// Every loop takes at least one byte or ends, so the time is linear in the text whatever it holds.
struct JSONReader {
    /// Deeper nesting is an error: nothing of ours is, and recursion costs stack.
    static let deepest = 64
    /// After so many mistakes the text is no JSON, and more of them help nobody.
    static let mostRemarks = 100

    let bytes: [UInt8]
    var offset = 0
    private(set) var remarks: [Remark] = []
    /// Whether so much is wrong that the rest is left out, from the next element on.
    private var isGivenUp = false
    /// The brackets that are open, so that a stray one can be told from one that closes an outer value.
    private var open: [UInt8] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func readDocument() -> JSONNode? {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
        skipSpace()
        guard current != nil else {
            report(.emptyFile, at: 0, "the file is empty")
            return nil
        }
        let root = readValue()
        skipSpace()
        if current != nil { report(.syntax, at: offset, "there is more after the end of the value") }
        return root
    }

    var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func report(
        _ rule: Diagnostic.Rule, at offset: Int, _ message: String, severity: Diagnostic.Severity = .error
    ) {
        guard !isGivenUp else { return }
        guard remarks.count < Self.mostRemarks else {
            remarks.append(Remark(.error, at: offset, .tooManyErrors, "the rest of the file is not looked at"))
            isGivenUp = true
            return
        }
        remarks.append(Remark(severity, at: offset, rule, message))
    }

    // MARK: Space

    mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                offset += 1
            case UInt8(ascii: "#"):
                skipLine()
            case UInt8(ascii: "/") where offset + 1 < bytes.count && bytes[offset + 1] == UInt8(ascii: "/"):
                skipLine()
            case UInt8(ascii: "/") where offset + 1 < bytes.count && bytes[offset + 1] == UInt8(ascii: "*"):
                report(.syntax, at: offset, "a comment starts with '#' or '//' and ends with its line")
                skipBlockComment()
            default:
                return
            }
        }
    }

    private mutating func skipLine() {
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
    }

    private mutating func skipBlockComment() {
        while offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "*"), offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "/") {
                offset += 2
                return
            }
            offset += 1
        }
    }

    // MARK: Values

    mutating func readValue() -> JSONNode {
        let start = offset
        switch current {
        case UInt8(ascii: "{"): return readObject()
        case UInt8(ascii: "["): return readArray()
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let text = readString()
            return JSONNode(.string(text), at: start..<offset)
        case .some(let byte) where byte.startsWord:
            return readWord()
        case nil:
            report(.syntax, at: start, "the file ends where a value is expected")
        case .some(let byte) where byte.closesContainer || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ":"):
            report(.syntax, at: start, "a value is missing before '\(Character(Unicode.Scalar(byte)))'")
        case .some:
            report(.syntax, at: start, "a value is expected here")
            skipToSeparator()
        }
        return JSONNode(.invalid, at: start..<max(start, offset))
    }

    /// Leaves text that is no value, up to what may separate it from the next.
    private mutating func skipToSeparator() {
        while let byte = current, byte != UInt8(ascii: ","), byte != UInt8(ascii: "\n"), !byte.closesContainer {
            offset += 1
        }
    }

    private mutating func readArray() -> JSONNode {
        let start = offset
        guard enter(UInt8(ascii: "[")) else { return JSONNode(.invalid, at: start..<offset) }
        var elements: [JSONNode] = []
        while continues(until: UInt8(ascii: "]"), from: start, "list") {
            let before = offset
            elements.append(readValue())
            takeComma(until: UInt8(ascii: "]"), after: before)
        }
        leave(UInt8(ascii: "]"))
        return JSONNode(.array(elements), at: start..<offset)
    }

    private mutating func readObject() -> JSONNode {
        let start = offset
        guard enter(UInt8(ascii: "{")) else { return JSONNode(.invalid, at: start..<offset) }
        var members: [JSONMember] = []
        var known: Set<String> = []
        while continues(until: UInt8(ascii: "}"), from: start, "object") {
            let before = offset
            if let member = readMember() {
                if isRepeated(member.key, in: members, known: &known) {
                    report(
                        .duplicateKey, at: member.keyRange.lowerBound,
                        "the key '\(member.key.excerpt)' is in this object already; keep one of them")
                }
                members.append(member)
            }
            takeComma(until: UInt8(ascii: "}"), after: before)
        }
        leave(UInt8(ascii: "}"))
        return JSONNode(.object(members), at: start..<offset)
    }

    /// Small objects are searched, large ones are looked up: a set for each object would cost more than it saves.
    private func isRepeated(_ key: String, in members: [JSONMember], known: inout Set<String>) -> Bool {
        guard members.count >= 16 else { return members.contains { $0.key == key } }
        if known.isEmpty { known.formUnion(members.map(\.key)) }
        return !known.insert(key).inserted
    }

    private mutating func readMember() -> JSONMember? {
        let keyStart = offset
        let key: String
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            key = readString()
        case .some(let byte) where byte.startsWord:
            key = takeWord()
            report(
                .syntax, at: keyStart, "the key '\(key.excerpt)' is written without quotes; write \"\(key.excerpt)\"")
        default:
            report(.syntax, at: keyStart, "a key in double quotes is expected here")
            skipToSeparator()
            return nil
        }
        let keyRange = keyStart..<offset
        skipSpace()
        if current == UInt8(ascii: ":") {
            offset += 1
        } else {
            report(.syntax, at: offset, "a ':' is expected after the key '\(key.excerpt)'")
            if current == UInt8(ascii: "=") { offset += 1 }
        }
        skipSpace()
        return JSONMember(key: key, keyRange: keyRange, value: readValue())
    }

    // MARK: Between the elements

    /// Opens a list or an object; too deep a one is left out as a whole.
    private mutating func enter(_ bracket: UInt8) -> Bool {
        guard open.count < Self.deepest else {
            report(.tooDeep, at: offset, "nested deeper than \(Self.deepest) levels")
            skipContainer()
            return false
        }
        open.append(bracket == UInt8(ascii: "[") ? UInt8(ascii: "]") : UInt8(ascii: "}"))
        offset += 1
        return true
    }

    private mutating func leave(_ bracket: UInt8) {
        open.removeLast()
        if current == bracket { offset += 1 }
    }

    private mutating func skipContainer() {
        var depth = 0
        while let byte = current {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "\""):
                _ = readString()
                continue
            default: break
            }
            offset += 1
            if depth == 0 { return }
        }
    }

    /// Whether another element follows; if not, the closing bracket is next, or the file's end has been reported.
    private mutating func continues(until bracket: UInt8, from start: Int, _ what: String) -> Bool {
        if isGivenUp {
            offset = bytes.count
            return false
        }
        skipSpace()
        while let byte = current {
            if byte == bracket { return false }
            guard byte.closesContainer else { return true }
            report(
                .syntax, at: offset,
                "'\(Character(Unicode.Scalar(bracket)))' is expected here, to close the \(what)")
            // It closes what is around this; or it closes nothing and is passed over.
            if open.dropLast().contains(byte) { return false }
            offset += 1
            skipSpace()
        }
        report(.syntax, at: start, "the \(what) that starts here is not closed")
        return false
    }

    /// Takes the comma after an element that began at `start`. What follows is seen to by `continues`.
    private mutating func takeComma(until bracket: UInt8, after start: Int) {
        skipSpace()
        guard let byte = current, !byte.closesContainer else { return }
        guard byte == UInt8(ascii: ",") else {
            // A line that could not be read has been reported; the next one need not be as well.
            if remarks.last.map({ $0.offset < start }) ?? true {
                report(.syntax, at: offset, "a comma is missing before this")
            }
            // Whatever stands here, the next round must not start where this one did.
            if offset == start { offset += 1 }
            return
        }
        let comma = offset
        offset += 1
        skipSpace()
        if current == bracket {
            report(.trailingComma, at: comma, "no comma is needed after the last element", severity: .warning)
        }
    }
}

extension UInt8 {
    fileprivate var closesContainer: Bool { self == UInt8(ascii: "]") || self == UInt8(ascii: "}") }

    /// Letters, digits, and what numbers and Python's words are made of.
    var startsWord: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}

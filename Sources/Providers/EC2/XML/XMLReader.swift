import MultipleSpawner

/// Reads the XML that EC2 answers with, strictly, and none of what makes XML dangerous.
///
/// There is no document type, so there are no entities but the five of XML itself; nothing outside of the text is read.
/// Every loop takes at least one byte or ends, so the time is linear in the text.
struct XMLReader {
    private static let deepest = 64
    private static let mostElements = 500_000

    private let bytes: [UInt8]
    private var offset = 0
    private var elements = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The root element.
    ///
    /// - Throws: `backend_failed` that says where and why it is no such text.
    static func read(_ bytes: [UInt8]) throws(SpawnError) -> XMLElement {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw SpawnError(.backendFailed, "the answer is no XML: it is not in UTF-8")
        }
        var reader = XMLReader(bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.offset = 3 }
        try reader.skipSurroundings()
        let root = try reader.readElement(depth: 0)
        try reader.skipSurroundings()
        guard reader.offset == bytes.count else { throw reader.failure("there is more after the end of the document") }
        return root
    }

    private func failure(_ reason: String) -> SpawnError {
        SpawnError(.backendFailed, "the answer is no XML that is read here: \(reason) (byte \(offset))")
    }

    // MARK: Between the elements

    /// Blanks, comments and instructions around the root element.
    private mutating func skipSurroundings() throws(SpawnError) {
        while true {
            skipSpace()
            if isAt("<?") {
                _ = try take(upTo: "?>")
            } else if isAt("<!--") {
                _ = try take(upTo: "-->")
            } else if isAt("<!") {
                throw failure("a document type is not taken")
            } else {
                return
            }
        }
    }

    private mutating func skipSpace() {
        while offset < bytes.count, bytes[offset].isXMLSpace { offset += 1 }
    }

    private func isAt(_ text: StaticString) -> Bool {
        guard offset + text.utf8CodeUnitCount <= bytes.count else { return false }
        return text.withUTF8Buffer { $0.elementsEqual(bytes[offset..<(offset + $0.count)]) }
    }

    /// The bytes before the next such text, which is taken too.
    private mutating func take(upTo end: StaticString) throws(SpawnError) -> ArraySlice<UInt8> {
        let start = offset
        while offset < bytes.count {
            if isAt(end) {
                defer { offset += end.utf8CodeUnitCount }
                return bytes[start..<offset]
            }
            offset += 1
        }
        offset = start
        throw failure("it ends before what begins here does")
    }

    private mutating func expect(_ text: StaticString) throws(SpawnError) {
        guard isAt(text) else { throw failure("'\(text)' is expected here") }
        offset += text.utf8CodeUnitCount
    }

    // MARK: Elements

    private mutating func readName() throws(SpawnError) -> String {
        let start = offset
        while offset < bytes.count, bytes[offset].isXMLName { offset += 1 }
        guard offset > start, !"-.0123456789".utf8.contains(bytes[start]) else {
            throw failure("a name is expected here")
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func readElement(depth: Int) throws(SpawnError) -> XMLElement {
        guard depth < Self.deepest else { throw failure("it is nested deeper than \(Self.deepest) levels") }
        elements += 1
        guard elements <= Self.mostElements else { throw failure("it has more than \(Self.mostElements) elements") }
        try expect("<")
        let name = try readName()
        var element = XMLElement(String(name.split(separator: ":").last ?? ""))
        guard try skipAttributes() else { return element }
        var text: [UInt8] = []
        while !isAt("</") {
            guard let byte = offset < bytes.count ? bytes[offset] : nil else {
                throw failure("'\(name)' is not closed")
            }
            if isAt("<![CDATA[") {
                offset += 9
                text += try take(upTo: "]]>")
            } else if isAt("<!--") {
                _ = try take(upTo: "-->")
            } else if isAt("<?") {
                _ = try take(upTo: "?>")
            } else if byte == UInt8(ascii: "<") {
                element.children.append(try readElement(depth: depth + 1))
            } else if byte == UInt8(ascii: "&") {
                text += Array(String(Character(try readReference())).utf8)
            } else {
                text.append(byte)
                offset += 1
            }
        }
        offset += 2
        guard try readName() == name else { throw failure("'\(name)' is closed by another name") }
        skipSpace()
        try expect(">")
        while text.last?.isXMLSpace == true { text.removeLast() }
        element.text = String(decoding: text.drop(while: \.isXMLSpace), as: UTF8.self)
        return element
    }

    /// Whether something is in the element.
    private mutating func skipAttributes() throws(SpawnError) -> Bool {
        while true {
            let hadSpace = offset < bytes.count && bytes[offset].isXMLSpace
            skipSpace()
            if isAt("/>") {
                offset += 2
                return false
            }
            if isAt(">") {
                offset += 1
                return true
            }
            guard hadSpace else { throw failure("the tag does not end") }
            _ = try readName()
            skipSpace()
            try expect("=")
            skipSpace()
            let isDouble = isAt("\"")
            try expect(isDouble ? "\"" : "'")
            let value = try isDouble ? take(upTo: "\"") : take(upTo: "'")
            guard !value.contains(UInt8(ascii: "<")) else { throw failure("an attribute holds '<'") }
        }
    }

    private mutating func readReference() throws(SpawnError) -> Unicode.Scalar {
        let start = offset
        offset += 1
        while offset < bytes.count, offset - start <= 10, bytes[offset] != UInt8(ascii: ";") { offset += 1 }
        let word = String(decoding: bytes[(start + 1)..<offset], as: UTF8.self)
        try expect(";")
        switch word {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        let isHexadecimal = word.hasPrefix("#x")
        let digits = word.dropFirst(isHexadecimal ? 2 : 1)
        guard word.hasPrefix("#"), digits.first?.isHexDigit == true,
            let scalar = UInt32(digits, radix: isHexadecimal ? 16 : 10).flatMap(Unicode.Scalar.init),
            scalar.value >= 0x20 || [0x09, 0x0A, 0x0D].contains(scalar.value)
        else { throw failure("'&\(word.excerpt);' is not taken") }
        return scalar
    }
}

extension UInt8 {
    fileprivate var isXMLSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }

    fileprivate var isXMLName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: ":"), 0x80...0xFF:
            true
        default: false
        }
    }
}

/// The headers of an answer, in their order. Names are looked up whatever their case.
public struct HTTPHeaders: Sendable, Hashable {
    private var fields: [Field] = []

    private struct Field: Sendable, Hashable {
        let name: String
        let value: String
    }

    public init() {}

    /// The first value of this name.
    public subscript(name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name == wanted }?.value
    }

    /// Every value of this name.
    public func all(_ name: String) -> [String] {
        let wanted = name.lowercased()
        return fields.filter { $0.name == wanted }.map(\.value)
    }

    /// Adds one line of a head; a line without a colon says nothing.
    mutating func add(line: some Collection<UInt8>) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let value = line[line.index(after: colon)...].trimmingWhitespace()
        fields.append(
            Field(
                name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
                value: String(decoding: value, as: UTF8.self)))
    }
}

extension Collection<UInt8> {
    /// Without the blanks and line ends around it.
    fileprivate func trimmingWhitespace() -> [UInt8] {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        return Array(Array(drop(while: isBlank)).reversed().drop(while: isBlank).reversed())
    }
}

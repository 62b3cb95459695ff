/// A JSON value that knows where it stands, so that what is wrong with it can be shown in the file.
public struct JSONNode: Sendable {
    public enum Value: Sendable {
        case null
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case string(String)
        case array([JSONNode])
        /// The members in the order in which they were written, equal keys included.
        case object([JSONMember])
        /// Text that was no JSON and has been reported; nothing more is said about it.
        case invalid
    }

    public let value: Value
    /// The bytes of the file that it was read from.
    public let range: Range<Int>

    public init(_ value: Value, at range: Range<Int>) {
        self.value = value
        self.range = range
    }
}

/// One `"key": value` of an object.
public struct JSONMember: Sendable {
    public let key: String
    public let keyRange: Range<Int>
    public let value: JSONNode

    public init(key: String, keyRange: Range<Int>, value: JSONNode) {
        self.key = key
        self.keyRange = keyRange
        self.value = value
    }
}

extension JSONNode {
    /// The first member with this key; `nil` for anything but an object.
    public subscript(key: String) -> JSONNode? {
        members?.first { $0.key == key }?.value
    }

    public var members: [JSONMember]? {
        guard case .object(let members) = value else { return nil }
        return members
    }

    public var elements: [JSONNode]? {
        guard case .array(let elements) = value else { return nil }
        return elements
    }

    public var string: String? {
        guard case .string(let text) = value else { return nil }
        return text
    }

    var isNull: Bool {
        guard case .null = value else { return false }
        return true
    }

    /// An object or a list without anything in it.
    var isEmpty: Bool {
        switch value {
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }

    /// What a person would call it: `a string`, `an object`.
    var kindName: String {
        switch value {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        case .invalid: "no JSON"
        }
    }
}

extension JSONNode {
    /// The value without its position. Of equal keys the first counts.
    public var jsonValue: JSONValue {
        switch value {
        case .null, .invalid: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .number(let value): .number(value)
        case .string(let value): .string(value)
        case .array(let elements): .array(elements.map(\.jsonValue))
        case .object(let members):
            .object(
                Dictionary(members.map { ($0.key, $0.value.jsonValue) }, uniquingKeysWith: { first, _ in first }))
        }
    }

    /// A node for a value that stands in no file. Its positions are made up, but tell its parts apart.
    public init(_ value: JSONValue) {
        var offset = 0
        self.init(value, next: &offset)
    }

    private init(_ value: JSONValue, next offset: inout Int) {
        let start = offset
        offset += 1
        let made: Value
        switch value {
        case .null: made = .null
        case .bool(let value): made = .bool(value)
        case .integer(let value): made = .integer(value)
        case .number(let value): made = .number(value)
        case .string(let value): made = .string(value)
        case .array(let elements):
            var nodes: [JSONNode] = []
            for element in elements { nodes.append(JSONNode(element, next: &offset)) }
            made = .array(nodes)
        case .object(let members):
            var nodes: [JSONMember] = []
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                let keyStart = offset
                offset += 1
                let keyRange = keyStart..<offset
                nodes.append(JSONMember(key: key, keyRange: keyRange, value: JSONNode(value, next: &offset)))
            }
            made = .object(nodes)
        }
        offset += 1
        self.init(made, at: start..<offset)
    }
}

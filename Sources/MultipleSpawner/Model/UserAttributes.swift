/// What a hub knows of a user beyond the name, such as the data of a mount with its key. It prints as `<hidden>`.
public struct UserAttributes: Sendable, Hashable {
    private let values: [String: JSONValue]

    public init(_ values: [String: JSONValue] = [:]) {
        self.values = values
    }

    /// The texts that these attributes bring as placeholders: an attribute that is an object gives its members, any
    /// other gives itself under its own name, as SwarmSpawner has it. Later attributes win over earlier ones.
    public func texts(of names: [String]) -> [String: Secret] {
        var texts: [String: Secret] = [:]
        for name in names {
            switch values[name] {
            case .object(let members):
                for (key, value) in members { texts[key] = value.scalarText.map { Secret($0) } }
            case let value?:
                texts[name] = value.scalarText.map { Secret($0) }
            case nil:
                continue
            }
        }
        return texts
    }
}

extension UserAttributes: CustomStringConvertible, CustomReflectable {
    public var description: String { "<hidden>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension JSONValue {
    /// A scalar as text: `"22"` for 22; `nil` for null, lists and objects.
    fileprivate var scalarText: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let value): value ? "true" : "false"
        case .null, .array, .object: nil
        }
    }
}

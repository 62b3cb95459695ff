/// Placeholders that a later step of a start fills in, when it knows what they stand for: `{service_owner}`.
///
/// One pass, as for all others: a value is never looked at again.
public struct DeferredPlaceholders: Sendable {
    private let values: [String: String]

    public init(_ values: [String: String]) {
        self.values = values
    }

    /// The text with these placeholders filled in; all others stay as they are.
    public func fill(_ text: String) -> String {
        PlaceholderText(text).parts.map { part in
            switch part {
            case .text(let text): text
            case .placeholder(let name): values[name] ?? "{\(name)}"
            }
        }.joined()
    }

    /// The value with all its strings filled in, keys aside.
    public func fill(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(fill(text))
        case .array(let elements): .array(elements.map { fill($0) })
        case .object(let members): .object(members.mapValues { fill($0) })
        case .null, .bool, .integer, .number: value
        }
    }

    /// Whether a string in the value, keys aside, has one of these placeholders.
    public func occur(in value: JSONValue) -> Bool {
        switch value {
        case .string(let text): PlaceholderText(text).names.contains { values[$0] != nil }
        case .array(let elements): elements.contains { occur(in: $0) }
        case .object(let members): members.values.contains { occur(in: $0) }
        case .null, .bool, .integer, .number: false
        }
    }
}

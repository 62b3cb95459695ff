/// A value that must not be seen: a token, a password, a variable of a user's environment.
///
/// It prints as `<hidden>` however it is printed, and it is not `Codable`, so that it cannot be written to the journal,
/// to a label or to an answer by accident. `reveal()` marks the few places where it leaves the program.
public struct Secret: Sendable, Hashable {
    private let value: String

    public init(_ value: String) {
        self.value = value
    }

    /// The value itself. Call it only where the value is handed to whom it is meant for.
    public func reveal() -> String { value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<hidden>" }
    public var debugDescription: String { "<hidden>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

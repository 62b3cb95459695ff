/// Something in a file that is wrong, or that is read otherwise than it may have been meant, and where it stands.
public struct Diagnostic: Sendable, Hashable, Codable {
    public enum Severity: String, Sendable, Hashable, Codable {
        /// The file is not taken.
        case error
        /// The file is taken; somebody should look.
        case warning
    }

    public let severity: Severity
    public let file: String
    /// From 1.
    public let line: Int
    /// From 1, in characters (Unicode scalars) of the line.
    public let column: Int
    /// The way through the file: `[2].spawner.kwargs.remote_port`; empty for the whole of it.
    public let keyPath: String
    public let rule: Rule
    public let message: String

    public init(
        severity: Severity, file: String, line: Int, column: Int, keyPath: String, rule: Rule, message: String
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.keyPath = keyPath
        self.rule = rule
        self.message = message
    }

    private enum CodingKeys: String, CodingKey {
        case severity, file, line, column, rule, message
        case keyPath = "key_path"
    }
}

extension Diagnostic: CustomStringConvertible {
    /// `FILE:LINE:COLUMN: error: message [rule]`, as compilers write it and editors read it.
    public var description: String {
        "\(file):\(line):\(column): \(severity.rawValue): \(message) [\(rule.rawValue)]"
    }
}

extension [Diagnostic] {
    /// Whether one of these keeps the file from being taken.
    public var hasErrors: Bool { contains { $0.severity == .error } }
}

public import MultipleSpawner

/// Texts that must not be seen where a program repeats what it was given.
public struct HiddenTexts: Sendable {
    private let texts: [[UInt8]]

    /// - Parameter secrets: those that are too short to be told from other text are left out.
    public init(_ secrets: [Secret]) {
        // A text may hold another one, which would leave the rest of it to be read.
        texts = secrets.map { Array($0.reveal().utf8) }.filter { $0.count >= 4 }.sorted { $0.count > $1.count }
    }

    /// The values of those names that look like a secret's, however deep.
    public init(in value: JSONValue, and secrets: [Secret] = []) {
        self.init(secrets + Self.secrets(in: value, isSecret: false))
    }

    public func hide(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for secret in texts where bytes.count >= secret.count {
            bytes = Array(bytes.split(separator: secret, omittingEmptySubsequences: false).joined(separator: Self.mark))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let mark = Array("<hidden>".utf8)

    /// Whether what has this name is not to be kept or shown.
    public static func looksSecret(_ name: String) -> Bool {
        let upper = name.uppercased()
        return ["PASSWORD", "PASSWD", "PASSPHRASE", "_PASS", "SECRET", "TOKEN", "CREDENTIAL", "API_KEY", "APIKEY"]
            .contains { upper.contains($0) }
    }

    private static func secrets(in value: JSONValue, isSecret: Bool) -> [Secret] {
        switch value {
        case .string(let text): isSecret ? [Secret(text)] : []
        case .array(let elements): elements.flatMap { secrets(in: $0, isSecret: isSecret) }
        case .object(let members):
            members.flatMap { secrets(in: $0.value, isSecret: isSecret || looksSecret($0.key)) }
        case .null, .bool, .integer, .number: []
        }
    }
}

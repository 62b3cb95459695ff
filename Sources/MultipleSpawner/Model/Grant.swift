#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// All that an authenticator needs to undo what it made for a session: its only memory.
///
/// The core journals it and never looks inside. `version` is the authenticator's own; it reads every version that it ever
/// wrote.
public struct Grant: Sendable, Hashable, Codable {
    public let authenticator: AuthenticatorKind
    public let version: Int
    /// JSON text of the authenticator's own type. It holds no secret.
    public let payload: String

    public init(authenticator: AuthenticatorKind, version: Int, payload: String) {
        self.authenticator = authenticator
        self.version = version
        self.payload = payload
    }

    public init(
        _ value: some Encodable, authenticator: AuthenticatorKind, version: Int = 1
    ) throws(SpawnError) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let payload = String(decoding: try encoder.encode(value), as: UTF8.self)
            self.init(authenticator: authenticator, version: version, payload: payload)
        } catch {
            throw SpawnError(.internal, "a grant of '\(authenticator.rawValue)' cannot be written", cause: error)
        }
    }

    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(SpawnError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(payload.utf8))
        } catch {
            throw SpawnError(
                .invalidRequest, "a grant of '\(authenticator.rawValue)' (version \(version)) cannot be read",
                cause: error)
        }
    }
}

/// The kind of an authenticator, as journals and grants carry it: `ssh`, `program`.
public struct AuthenticatorKind: Hashable, Sendable, Codable, RawRepresentable, ExpressibleByStringLiteral {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public init(stringLiteral value: String) {
        self.rawValue = value
    }

    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// All that a plug-in needs to undo what it did for a session: its only memory.
///
/// The core journals it and never looks inside. `version` is the plug-in's own; it reads every version that it ever
/// wrote.
public struct Keepsake<Contract>: Sendable, Hashable, Codable {
    public let kind: PluginKind<Contract>
    public let version: Int
    /// JSON text of the plug-in's own type. It holds no secret.
    public let payload: String

    private enum CodingKeys: String, CodingKey {
        case kind, version, payload
        /// What the first journals called an authenticator's kind.
        case authenticator
    }

    public init(kind: PluginKind<Contract>, version: Int, payload: String) {
        self.kind = kind
        self.version = version
        self.payload = payload
    }

    public init(_ value: some Encodable, by kind: PluginKind<Contract>, version: Int = 1) throws(SpawnError) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let payload = String(decoding: try encoder.encode(value), as: UTF8.self)
            self.init(kind: kind, version: version, payload: payload)
        } catch {
            throw SpawnError(.internal, "what '\(kind.rawValue)' did cannot be written down", cause: error)
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind =
            try container.decodeIfPresent(PluginKind<Contract>.self, forKey: .kind)
            ?? container.decode(PluginKind<Contract>.self, forKey: .authenticator)
        version = try container.decode(Int.self, forKey: .version)
        payload = try container.decode(String.self, forKey: .payload)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(version, forKey: .version)
        try container.encode(payload, forKey: .payload)
    }

    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(SpawnError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(payload.utf8))
        } catch {
            throw SpawnError(
                .invalidRequest, "what '\(kind.rawValue)' did (version \(version)) cannot be read", cause: error)
        }
    }
}

/// What an authenticator made for a session: a key, a line in `known_hosts`.
public typealias Grant = Keepsake<any Authenticator>
/// What a configurer did to a machine and is to undo.
public typealias Trace = Keepsake<any Configurer>
/// What a provider gave, or was asked for: a host of a pool, a machine of a cloud.
public typealias Lease = Keepsake<any Provider>

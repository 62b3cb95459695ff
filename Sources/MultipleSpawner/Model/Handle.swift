#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// All that a backend needs to find, watch and stop what it started: its only memory.
///
/// The core journals it and never looks inside. `version` is the backend's own; a backend reads every version that it
/// ever wrote.
public struct Handle: Sendable, Hashable, Codable {
    public let backend: BackendKind
    public let version: Int
    /// JSON text of the backend's own type. It holds no secret: it is kept by the journal and by the hub.
    public let payload: String

    public init(backend: BackendKind, version: Int, payload: String) {
        self.backend = backend
        self.version = version
        self.payload = payload
    }

    public init(_ value: some Encodable, backend: BackendKind, version: Int = 1) throws(SpawnError) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let payload = String(decoding: try encoder.encode(value), as: UTF8.self)
            self.init(backend: backend, version: version, payload: payload)
        } catch {
            throw SpawnError(.internal, "the handle of a \(backend.rawValue) session cannot be written", cause: error)
        }
    }

    /// Reads the payload back. A handle may come from a hub's database: it is not trusted to be well formed.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(SpawnError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(payload.utf8))
        } catch {
            throw SpawnError(
                .invalidRequest,
                "the handle of a \(backend.rawValue) session (version \(version)) cannot be read", cause: error)
        }
    }
}

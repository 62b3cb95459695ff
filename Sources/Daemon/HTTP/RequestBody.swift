import Hummingbird
import MultipleSpawner
import NIOCore

/// A request's JSON body, held against the shape that the route declares: keys in their names, values in their types.
struct RequestBody {
    let value: JSONValue

    init(_ request: Request, _ context: APIContext, as shape: ObjectShape) async throws {
        let buffer = try await request.body.collect(upTo: context.maxUploadSize)
        value = try shape.bind(JSONSource(file: "body", bytes: Array(buffer.readableBytesView)))
    }

    init(_ value: JSONValue) {
        self.value = value
    }

    func string(_ key: String) throws -> String {
        guard let text = value[key]?.stringValue else { throw missing(key) }
        return text
    }

    func integer(_ key: String) throws -> Int {
        guard let number = value[key]?.integerValue else { throw missing(key) }
        return number
    }

    func strings(_ key: String) -> [String] {
        value[key]?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    /// Whose request it is: `hub`, `user` and `server`.
    func identity() throws -> SessionIdentity {
        try SessionIdentity(hub: string("hub"), user: string("user"), server: value["server"]?.stringValue ?? "")
    }

    private func missing(_ key: String) -> SpawnError {
        SpawnError(.invalidRequest, "the body has no '\(key)'; see /openapi.json")
    }
}

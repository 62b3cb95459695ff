import Hummingbird
import MultipleSpawner
import NIOCore

/// A request's JSON body, held against the shape that the route declares: keys in their names, values in their types.
struct RequestBody {
    let value: JSONValue

    /// The most that a body holds: options and an environment.
    static let usualMost = 4 << 20
    /// The same where files of users may be in it.
    static let mostWithFiles = 16 << 20

    init(
        _ request: Request, _ context: APIContext, as shape: ObjectShape, atMost most: Int = usualMost
    ) async throws {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: most)
        } catch is NIOTooManyBytesError {
            throw SpawnError(.invalidRequest, "the body is too large; the most is \(most >> 20) MiB")
        }
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

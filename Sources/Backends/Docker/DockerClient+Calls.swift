public import MultipleSpawner
public import Transport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension DockerClient {
    /// Asks for something: `get("/tasks", query: ["filters": filters.text])`.
    ///
    /// - Parameter path: behind the version, its components percent-encoded where they are names that users chose.
    public func get<Value: Decodable & Sendable>(
        _ path: String, query: [String: String] = [:], within limit: Duration = .seconds(60)
    ) async throws(DockerError) -> Value {
        var call = try DockerCall("GET", path, query: query)
        call.limit = limit
        return try await read(send(call), path)
    }

    /// Asks for something to be made or done, and reads what Docker says of it. `headers` are for secrets such as
    /// `X-Registry-Auth`.
    public func post<Value: Decodable & Sendable>(
        _ path: String, query: [String: String] = [:], body: some Encodable & Sendable,
        headers: [String: Secret] = [:], within limit: Duration = .seconds(60)
    ) async throws(DockerError) -> Value {
        try await read(send(post(path, query, encoded(body, path), headers, limit)), path)
    }

    /// The same where the answer says nothing of interest.
    public func post(
        _ path: String, query: [String: String] = [:], body: some Encodable & Sendable,
        headers: [String: Secret] = [:], within limit: Duration = .seconds(60)
    ) async throws(DockerError) {
        _ = try await send(post(path, query, encoded(body, path), headers, limit))
    }

    /// The same where there is nothing to say but the path: `post("/containers/ID/stop", query: ["t": "10"])`.
    public func post(
        _ path: String, query: [String: String] = [:], within limit: Duration = .seconds(60)
    ) async throws(DockerError) {
        _ = try await send(post(path, query, [], [:], limit))
    }

    /// Removes something. That it was gone before is an error, which `isNotFound`.
    public func delete(
        _ path: String, query: [String: String] = [:], within limit: Duration = .seconds(60)
    ) async throws(DockerError) {
        var call = try DockerCall("DELETE", path, query: query)
        call.limit = limit
        _ = try await send(call)
    }

    /// Opens a stream: events, a log, the progress of a pull (`method: "POST"`). Its body throws what
    /// `DockerError(reading:from:)` understands.
    ///
    /// - Parameter silence: how long Docker may say nothing before the stream ends with an error; `nil`: for ever.
    public func open(
        _ path: String, query: [String: String] = [:], method: String = "GET", headers: [String: Secret] = [:],
        within limit: Duration = .seconds(60), silence: Duration? = nil
    ) async throws(DockerError) -> HTTPStream {
        var call = try DockerCall(method, path, query: query)
        call.headers = headers
        call.limit = limit
        call.silence = silence
        return try await open(call)
    }

    private func post(
        _ path: String, _ query: [String: String], _ body: [UInt8], _ headers: [String: Secret], _ limit: Duration
    ) throws(DockerError) -> DockerCall {
        var call = try DockerCall("POST", path, query: query)
        call.body = body
        call.headers = headers
        call.limit = limit
        return call
    }

    private func encoded(_ body: some Encodable, _ path: String) throws(DockerError) -> [UInt8] {
        do {
            return Array(try JSONEncoder().encode(body))
        } catch {
            throw DockerError(
                .unreadable("the request for '\(path.excerpt)' cannot be written as JSON: \(error)"),
                mayHaveArrived: false)
        }
    }

    private func read<Value: Decodable & Sendable>(
        _ response: HTTPResponse, _ path: String
    ) async throws(DockerError) -> Value {
        do {
            return try await Self.decoded(response.body)
        } catch {
            throw DockerError(
                .unreadable("the answer of Docker at \(host) for '\(path.excerpt)' is not understood: \(error)"),
                mayHaveArrived: true)
        }
    }

    /// Beside the caller: megabytes of tasks would hold up an actor for tens of milliseconds.
    @concurrent
    private static func decoded<Value: Decodable & Sendable>(_ body: [UInt8]) async throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(body))
    }
}

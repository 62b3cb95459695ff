import MultipleSpawner
import ScriptedServer
import Testing
import Transport

@testable import Backends

@Suite(.timeLimit(.minutes(2))) struct DockerVersionTests {
    struct Nothing: Decodable, Sendable {}

    @Test(arguments: [("1.41", "1.41"), ("1.44", "1.44"), ("1.52", "1.52"), ("1.99", "1.52"), ("2.0", "1.52")])
    func `the highest version that both speak is spoken`(_ engine: String, _ spoken: String) async throws {
        let engine = try DockerEngine(version: engine) { _, connection in connection.answer(200, "{}") }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let _: Nothing = try await client.get("/info")
        #expect(engine.calls == ["GET /_ping", "GET /v\(spoken)/info"])
    }

    @Test func `it is agreed upon once, however many calls begin at once`() async throws {
        let engine = try DockerEngine { _, connection in connection.answer(200, "{}") }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 { group.addTask { let _: Nothing = try await client.get("/info") } }
            try await group.waitForAll()
        }
        #expect(engine.pings == 1)
        #expect(engine.calls.count == 201)
    }

    @Test func `an engine that is too old is named with its version`() async throws {
        let engine = try DockerEngine(version: "1.40") { _, connection in connection.answer() }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let error = await #expect(throws: DockerError.self) { try await client.delete("/services/x") }
        #expect(error?.message.contains("1.40") == true && error?.message.contains("20.10") == true)
        #expect(engine.calls == ["GET /_ping"])
    }

    @Test(arguments: ["", "x", "1", "1.", "1.x", "-1.41", "1.41.2"])
    func `what tells no version is not Docker`(_ version: String) async throws {
        let engine = try DockerEngine(version: version) { _, connection in connection.answer() }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let error = await #expect(throws: DockerError.self) { try await client.delete("/services/x") }
        #expect(error?.message.contains("not Docker") == true)
        #expect(error?.mayHaveArrived == false)
    }

    @Test func `an engine that was replaced by an older one is asked again, and the call is not lost`() async throws {
        let engine = try DockerEngine(version: "1.45") { request, connection in
            // As an engine of 1.41 answers; but the client still thinks of the one before.
            guard !request.path.hasPrefix("/v1.41") else { return connection.answer(201) }
            if request.path.hasSuffix("/info") { return connection.answer(200, "{}") }
            let words = "client version 1.45 is too new. Maximum supported API version is 1.41"
            connection.answer(400, "{\"message\": \"\(words)\"}")
        }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let _: Nothing = try await client.get("/info")
        engine.replace(version: "1.41")
        try await client.post("/services/create")
        #expect(
            engine.calls == [
                "GET /_ping", "GET /v1.45/info", "POST /v1.45/services/create", "GET /_ping",
                "POST /v1.41/services/create",
            ])
    }

    @Test func `an engine that was replaced by a newer one is noticed by its answers`() async throws {
        let engine = try DockerEngine(version: "1.41") { request, connection in
            connection.answer(200, "{}", headers: ["Api-Version": "1.44"])
        }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let _: Nothing = try await client.get("/info")
        engine.replace(version: "1.44")
        for _ in 0..<3 { let _: Nothing = try await client.get("/info") }
        #expect(
            engine.calls == [
                "GET /_ping", "GET /v1.41/info", "GET /_ping", "GET /v1.44/info", "GET /v1.44/info",
                "GET /v1.44/info",
            ])
    }

    @Test func `who was cancelled while it asked leaves the question to the others`() async throws {
        let answer = SharedAnswer<Int>()
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            try await answer.get {
                start.yield()
                try await Task.sleep(for: .seconds(600))
                return 1
            }
        }
        for await _ in started { break }
        let others = (0..<10).map { _ in Task { try await answer.get { 2 } } }
        others[3].cancel()
        await #expect(throws: CancellationError.self) { try await others[3].value }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        for (index, other) in others.enumerated() where index != 3 { #expect(try await other.value == 2) }
    }

    @Test func `what cannot be found out is told to all, and asked again by the next`() async throws {
        let answer = SharedAnswer<Int>()
        await #expect(throws: DockerError.self) {
            try await answer.get { throw DockerError(.unreadable("no"), mayHaveArrived: false) }
        }
        #expect(try await answer.get { 3 } == 3)
        #expect(try await answer.get { 4 } == 3)
        answer.forget()
        #expect(try await answer.get { 5 } == 5)
    }
}

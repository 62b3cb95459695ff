import MultipleSpawner
import ScriptedServer
import Testing
import Transport

@testable import Backends

@Suite(.timeLimit(.minutes(2))) struct DockerFailoverTests {
    struct Nothing: Decodable, Sendable {}

    private static let noManager = #"{"message": "This node is not a swarm manager. Use \"docker swarm init\"…"}"#

    @Test func `a manager that is down is passed over, for any call`() async throws {
        let engine = try DockerEngine { _, connection in connection.answer(200, "{}") }
        defer { engine.stop() }
        let host = try DockerHost("unix:///no/such.sock,\(engine.address)")
        let client = DockerClient(host: host, http: HTTPClient())
        let _: Nothing = try await client.get("/info")
        try await client.post("/services/create")
        #expect(engine.calls.count == 3)
    }

    @Test func `a post that may have arrived is not made again by another`() async throws {
        let first = try DockerEngine { request, connection in
            if request.method == "GET" { connection.answer(200, "{}") } else { connection.breakOff() }
        }
        let second = try DockerEngine { _, connection in connection.answer(200, "{}") }
        defer {
            first.stop()
            second.stop()
        }
        let client = try DockerClient(first, second)
        let _: Nothing = try await client.get("/info")
        let error = await #expect(throws: DockerError.self) { try await client.post("/services/create") }
        #expect(error?.mayHaveArrived == true)
        #expect(first.calls.filter { $0.hasPrefix("POST") }.count == 1)
        #expect(second.calls.isEmpty)
    }

    @Test func `a get and a delete are made again by another`() async throws {
        for method in ["GET", "DELETE"] {
            let first = try DockerEngine { request, connection in
                if request.path.hasSuffix("/info") { connection.answer(200, "{}") } else { connection.breakOff() }
            }
            let second = try DockerEngine { _, connection in connection.answer(200, "{}") }
            defer {
                first.stop()
                second.stop()
            }
            let client = try DockerClient(first, second)
            let _: Nothing = try await client.get("/info")
            if method == "GET" {
                let _: Nothing = try await client.get("/services/x")
            } else {
                try await client.delete("/services/x")
            }
            #expect(second.calls == ["GET /_ping", "\(method) /v1.41/services/x"])
        }
    }

    @Test func `a node that is no manager any more is passed over, and what another says counts`() async throws {
        let worker = try DockerEngine { _, connection in connection.answer(503, Self.noManager) }
        let manager = try DockerEngine { _, connection in connection.answer(404, #"{"message": "no such service"}"#) }
        defer {
            worker.stop()
            manager.stop()
        }
        let client = try DockerClient(worker, manager)
        let error = await #expect(throws: DockerError.self) { try await client.post("/services/x/update") }
        #expect(error?.isNotFound == true)
        #expect(manager.calls.last == "POST /v1.41/services/x/update")
    }

    @Test func `where no node is a manager, Docker's words say so`() async throws {
        let worker = try DockerEngine { _, connection in connection.answer(503, Self.noManager) }
        defer { worker.stop() }
        for client in [
            try DockerClient(worker),
            DockerClient(host: try DockerHost("\(worker.address),unix:///no/such.sock"), http: HTTPClient()),
        ] {
            let error = await #expect(throws: DockerError.self) { try await client.post("/services/create") }
            #expect(error?.message.contains("not a swarm manager") == true)
            #expect(error?.mayHaveArrived == false)
        }
    }

    @Test func `when all are down, each is named`() async throws {
        let host = try DockerHost("unix:///no/one.sock,unix:///no/two.sock")
        let client = DockerClient(host: host, http: HTTPClient())
        let error = await #expect(throws: DockerError.self) { try await client.post("/services/create") }
        #expect(error?.message.contains("one.sock") == true && error?.message.contains("two.sock") == true)
        #expect(error?.mayHaveArrived == false)
    }

    @Test func `a manager that failed rests, is asked when it is the last, and again after its rest`() async throws {
        let first = try DockerEngine { _, connection in connection.answer(200, "{}") }
        let second = try DockerEngine { _, connection in connection.answer(200, "{}") }
        defer {
            first.stop()
            second.stop()
        }
        let client = try DockerClient(first, second)
        first.setBroken(true)
        for _ in 0..<20 { try await client.post("/services/create") }
        let asked = first.calls.count
        #expect(asked >= 1 && asked <= 2, "a GET over a new connection is not repeated")
        #expect(second.calls.count == 21)

        // Now the other fails, within the rest of the first.
        first.setBroken(false)
        second.setBroken(true)
        let _: Nothing = try await client.get("/info")
        #expect(first.calls.last == "GET /v1.41/info")
    }

    @Test func `a manager that failed a short time ago is asked after the others`() throws {
        let client = DockerClient(host: try DockerHost("unix:///a,unix:///b,unix:///c"), http: HTTPClient())
        #expect(client.order() == [0, 1, 2])
        client.managers[1].failed()
        #expect(client.order() == [0, 2, 1])
        client.managers[0].failed()
        #expect(client.order() == [2, 0, 1])
        client.managers[1].answered(HTTPHeaders())
        #expect(client.order() == [1, 2, 0])
    }

    @Test func `the only manager is asked at once when it is back`() async throws {
        let engine = try DockerEngine { _, connection in connection.answer(200, "{}") }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        engine.setBroken(true)
        for _ in 0..<5 {
            await #expect(throws: DockerError.self) { try await client.post("/services/create") }
        }
        engine.setBroken(false)
        try await client.post("/services/create")
    }
}

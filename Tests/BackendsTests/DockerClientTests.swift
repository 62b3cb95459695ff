import Glibc
import MultipleSpawner
import ScriptedServer
import Testing
import Transport

@testable import Backends

@Suite(.timeLimit(.minutes(2))) struct DockerClientTests {
    struct Thing: Codable, Sendable, Equatable {
        var id: String

        enum CodingKeys: String, CodingKey {
            case id = "ID"
        }
    }

    @Test func `calls arrive with version, query and body, and answers are read`() async throws {
        let engine = try DockerEngine { request, connection in
            request.method == "DELETE" ? connection.answer(204) : connection.answer(201, #"{"ID": "x", "More": 1}"#)
        }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let filters: DockerFilters = ["label": ["multiplespawner.hub=a b", "ü/\"&"]]
        let got: Thing = try await client.get("/tasks", query: ["filters": filters.text, "a": "1"])
        let posted: Thing = try await client.post(
            "/services/create", body: Thing(id: "new"), headers: ["X-Registry-Auth": "abc"])
        try await client.post("/containers/ID/stop", query: ["t": "10"])
        try await client.delete("/services\(DockerPath.joined(["a/b?c"]))")
        #expect(got == Thing(id: "x") && posted == got)
        #expect(
            engine.calls == [
                "GET /_ping",
                "GET /v1.41/tasks?a=1&filters=%7B%22label%22%3A%5B%22multiplespawner.hub%3Da%20b%22%2C%22%C3%BC%2F%5C%22"
                    + "%26%22%5D%7D",
                "POST /v1.41/services/create", "POST /v1.41/containers/ID/stop?t=10",
                "DELETE /v1.41/services/a%2Fb%3Fc",
            ])
        let create = engine.requests[2]
        #expect(create.body == Array(#"{"ID":"new"}"#.utf8))
        #expect(create.headers["content-type"] == "application/json")
        #expect(create.headers["x-registry-auth"] == "abc")
    }

    @Test(arguments: ["tasks", "/../tasks", "/services/..", "/services//x", "/./x", ""])
    func `a path that Docker would read as another is not sent`(_ path: String) async throws {
        let engine = try DockerEngine { _, connection in connection.answer() }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let error = await #expect(throws: DockerError.self) { try await client.delete(path) }
        #expect(error?.mayHaveArrived == false)
        #expect(engine.calls.isEmpty)
    }

    @Test(arguments: [
        (404, "service x not found", SpawnError.Code.notFound), (409, "name conflicts", .conflict),
        (400, "invalid memory value", .backendFailed), (503, "The swarm does not have a leader", .unavailable),
        (500, "rpc error: code = DeadlineExceeded desc = context deadline exceeded", .unavailable),
        (500, "network no-such-net not found", .backendFailed),
        (500, "rpc error: code = Unknown desc = constraint expected one operator from ==, !=", .backendFailed),
    ])
    func `a refusal is told in Docker's own words`(_ status: Int, _ words: String, _ code: SpawnError.Code) async throws
    {
        let engine = try DockerEngine { _, connection in connection.answer(status, "{\"message\": \"\(words)\"}") }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let error = try await #require(throws: DockerError.self) {
            let _: Thing = try await client.post("/services/create", body: Thing(id: ""))
        }
        #expect(error.status == status)
        #expect(error.isNotFound == (status == 404))
        #expect(error.isConflict == (status == 409))
        #expect(error.mayHaveArrived == (status >= 500))
        let told = error.spawnError(doing: "creating the service 'jupyter-alice-1'")
        #expect(told.code == code)
        #expect(told.message == "creating the service 'jupyter-alice-1' failed: \(words)")
        let opened = try await #require(throws: DockerError.self) { try await client.open("/events") }
        #expect(opened.reason == error.reason)
    }

    @Test(arguments: ["", "<html>", "[]", #"{"message": ""}"#, "\u{1B}[2J\nroot: "])
    func `a refusal without Docker's words is one line all the same`(_ body: String) async throws {
        let engine = try DockerEngine { _, connection in connection.answer(500, body) }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let error = try await #require(throws: DockerError.self) { try await client.delete("/services/x") }
        #expect(error.status == 500)
        #expect(!error.message.isEmpty)
        #expect(error.message.unicodeScalars.allSatisfy { !$0.isControl })
    }

    @Test func `an answer that is not understood is told, and the call has been done`() async throws {
        let engine = try DockerEngine { _, connection in connection.answer(201, "{}") }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let error = try await #require(throws: DockerError.self) {
            let _: Thing = try await client.post("/services/create", body: Thing(id: ""))
        }
        guard case .unreadable = error.reason else { throw error }
        #expect(error.mayHaveArrived)
        #expect(engine.calls.count == 2)
    }

    @Test func `a socket that is not there is named with its cause`() async throws {
        let client = DockerClient(host: try DockerHost("unix:///no/such.sock"), http: HTTPClient())
        let error = try await #require(throws: DockerError.self) { try await client.delete("/services/x") }
        #expect(
            error.message.hasPrefix("cannot reach Docker at unix:///no/such.sock: no such file; is dockerd running?"))
        #expect(error.message.contains("DOCKER_HOST"))
        #expect(!error.mayHaveArrived)
        #expect(error.spawnError(doing: "x").code == .unavailable)
    }

    @Test func `a socket that may not be used names the group that may`() throws {
        let failure = HTTPFailure(.cannotConnect, "no", errorNumber: EACCES, mayHaveArrived: false)
        let error = DockerError(failure, at: .socket("/var/run/docker.sock"), of: .usual)
        #expect(error.message.contains("permission denied") && error.message.contains("'docker'"))
    }

    @Test func `a cancelled call ends at once`() async throws {
        let engine = try DockerEngine { _, connection in connection.waitForEnd() }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let call = Task { try await client.delete("/services/x") }
        while engine.calls.count < 2 { try await Task.sleep(for: .milliseconds(2)) }
        call.cancel()
        let error = await #expect(throws: DockerError.self) { try await call.value }
        #expect(error?.isCancelled == true)
        #expect(error?.mayHaveArrived == true)
    }

    @Test func `a call has its own limit of time`() async throws {
        let engine = try DockerEngine { _, connection in connection.waitForEnd() }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let error = await #expect(throws: DockerError.self) {
            try await client.post("/services/create", within: .milliseconds(100))
        }
        #expect(error?.spawnError(doing: "x").code == .timedOut)
        #expect(error?.mayHaveArrived == true)
    }
}

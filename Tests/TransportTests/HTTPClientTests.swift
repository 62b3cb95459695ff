import Glibc
import MultipleSpawner
import ScriptedServer
import Synchronization
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(2))) struct HTTPClientTests {
    private let client = HTTPClient()

    @Test func `an answer has its status, its headers whatever their case, and its body`() async throws {
        let server = try ScriptedServer { _, connection in
            connection.answer(418, "a teapot", headers: ["X-One": " 1 ", "x-two": "b:c"])
        }
        defer { server.stop() }
        let response = try await client.send(HTTPRequest("GET", "\(server.url)/a?b=c"))
        #expect(response.status == 418)
        #expect(response.headers["x-ONE"] == "1")
        #expect(response.headers["X-Two"] == "b:c")
        #expect(response.headers["X-Three"] == nil)
        #expect(String(decoding: response.body, as: UTF8.self) == "a teapot")
        #expect(server.requests.map(\.target) == ["/a?b=c"])
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"])
    func `a request arrives with its method, its headers and its body, and with nothing of libcurl's`(
        _ method: String
    ) async throws {
        let server = try ScriptedServer { request, connection in
            if request.method == "HEAD" { return connection.answer(204) }
            connection.answer(200, String(decoding: request.body, as: UTF8.self))
        }
        defer { server.stop() }
        let text = method == "GET" || method == "HEAD" ? "" : String(repeating: "x", count: 2 << 20)
        let request = HTTPRequest(
            method, server.url, headers: ["X-Registry-Auth": "abc", "X-Empty": ""], body: Array(text.utf8))
        let response = try await client.send(request)
        #expect(response.body == request.body)
        let arrived = try #require(server.requests.first)
        #expect(arrived.method == method)
        #expect(arrived.headers["x-registry-auth"] == "abc")
        #expect(arrived.headers["x-empty"] == "")
        #expect(arrived.headers["content-type"] == nil)
        #expect(arrived.headers["expect"] == nil)
        #expect(arrived.headers["user-agent"] == nil)
    }

    @Test func `a post without a body says that it has none`() async throws {
        let server = try ScriptedServer { _, connection in connection.answer() }
        defer { server.stop() }
        _ = try await client.send(HTTPRequest("POST", server.url))
        #expect(server.requests.first?.headers["content-length"] == "0")
    }

    @Test func `a thousand calls one after another take one connection`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let server = try ScriptedServer(socket: "\(directory.path)/s") { _, connection in connection.answer(200, "x") }
        defer { server.stop() }
        for _ in 0..<1000 {
            _ = try await client.send(HTTPRequest("GET", server.url, unixSocket: server.socket))
        }
        #expect(server.connections == 1)
        #expect(server.requests.count == 1000)
    }

    @Test func `a thousand calls at once share few connections, and each gets its own answer`() async throws {
        let server = try ScriptedServer { request, connection in connection.answer(200, request.target) }
        defer { server.stop() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    let response = try await client.send(HTTPRequest("GET", "\(server.url)/\(number)"))
                    #expect(String(decoding: response.body, as: UTF8.self) == "/\(number)")
                }
            }
            try await group.waitForAll()
        }
        #expect(server.connections <= 16)
        #expect(server.requests.count == 1000)
    }

    @Test func `streams that say nothing hold up no call`() async throws {
        let client = HTTPClient(callsPerOrigin: 1)
        let server = try ScriptedServer { request, connection in
            guard request.path == "/stream" else { return connection.answer() }
            connection.beginStream()
            connection.waitForEnd()
        }
        defer { server.stop() }
        var streams: [HTTPStream] = []
        for _ in 0..<20 { streams.append(try await client.open(HTTPRequest("GET", "\(server.url)/stream"))) }
        #expect(try await client.send(HTTPRequest("GET", server.url)).status == 200)
        #expect(streams.allSatisfy { $0.status == 200 })
    }

    @Test func `a redirect is an answer like any other`() async throws {
        let server = try ScriptedServer { _, connection in
            connection.answer(301, "", headers: ["Location": "http://127.0.0.1:1/elsewhere"])
        }
        defer { server.stop() }
        #expect(try await client.send(HTTPRequest("GET", server.url)).status == 301)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [
        "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "dict://127.0.0.1/", "", "http:",
    ])
    func `only http and https are spoken`(_ url: String) async throws {
        let failure = await #expect(throws: HTTPFailure.self) { try await client.send(HTTPRequest("GET", url)) }
        #expect(failure?.mayHaveArrived == false)
        #expect(failure?.kind == .malformed)
    }

    @Test func `no proxy of the environment stands between, unless it is wanted`() async {
        // In a process of its own, whose environment nobody else reads.
        await #expect(processExitsWith: .success) {
            let client = HTTPClient()
            let server = try ScriptedServer { _, connection in connection.answer(200, "direct") }
            let proxy = try ScriptedServer { _, connection in connection.answer(200, "proxy") }
            defer {
                client.shutDown()
                server.stop()
                proxy.stop()
            }
            setenv("http_proxy", proxy.url, 1)
            var request = HTTPRequest("GET", server.url)
            #expect(try await client.send(request).body == Array("direct".utf8))
            request.usesEnvironmentProxy = true
            #expect(try await client.send(request).body == Array("proxy".utf8))
        }
    }

    @Test func `a client that was shut down ends its calls and takes no more`() async throws {
        let client = HTTPClient()
        let server = try ScriptedServer { _, connection in connection.waitForEnd() }
        defer { server.stop() }
        let request = HTTPRequest("POST", server.url)
        let call = Task { try await client.send(request) }
        try await wait { server.requests.count == 1 }
        client.shutDown()
        let failure = await #expect(throws: HTTPFailure.self) { try await call.value }
        #expect(failure?.mayHaveArrived == true)
        let late = await #expect(throws: HTTPFailure.self) { try await client.send(request) }
        #expect(late?.mayHaveArrived == false)
        client.shutDown()
    }

    @Test func `neither headers nor query nor body are printed`() {
        let request = HTTPRequest(
            "POST", "http://docker/images/create?token=hush", headers: ["X-Registry-Auth": "hush"],
            body: Array("hush".utf8))
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] {
            #expect(!text.contains("hush"))
            #expect(!text.contains("104"))
        }
    }
}

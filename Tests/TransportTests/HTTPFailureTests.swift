import Glibc
import MultipleSpawner
import ScriptedServer
import Synchronization
import Testing

@testable import Transport

/// What goes wrong is told by its kind, and whether the server may have acted on the call is told truly.
@Suite(.timeLimit(.minutes(2))) struct HTTPFailureTests {
    private let client = HTTPClient()

    private func failure(_ request: HTTPRequest) async throws -> HTTPFailure {
        try await #require(throws: HTTPFailure.self) { try await client.send(request) }
    }

    @Test func `a socket that is not there is named by its error, and nothing was sent`() async throws {
        let failure = try await failure(HTTPRequest("POST", "http://docker/", unixSocket: "/tmp/no-such/docker.sock"))
        #expect(failure.kind == .cannotConnect)
        #expect(failure.errorNumber == ENOENT)
        #expect(!failure.mayHaveArrived)
    }

    @Test func `a port where nobody listens refuses, and nothing was sent`() async throws {
        let server = try ScriptedServer { _, _ in }
        server.stop()
        let failure = try await failure(HTTPRequest("POST", server.url))
        #expect(failure.kind == .cannotConnect)
        #expect(failure.errorNumber == ECONNREFUSED)
        #expect(!failure.mayHaveArrived)
    }

    @Test func `a socket path that no socket can have is refused`() async throws {
        let path = "/" + String(repeating: "x", count: 107)
        let failure = try await failure(HTTPRequest("GET", "http://docker/", unixSocket: path))
        #expect(failure.kind == .malformed)
        #expect(failure.message.contains("107"))
    }

    @Test func `a server that is silent is given up, and may have acted`() async throws {
        let server = try ScriptedServer { _, connection in connection.waitForEnd() }
        defer { server.stop() }
        let whole = try await failure(
            HTTPRequest("POST", server.url, limits: HTTPLimits(whole: .milliseconds(200))))
        #expect(whole.kind == .timedOut)
        #expect(whole.mayHaveArrived)
        let silence = try await failure(
            HTTPRequest("POST", server.url, limits: HTTPLimits(whole: nil, silence: .milliseconds(200))))
        #expect(silence.kind == .timedOut)
        #expect(silence.mayHaveArrived)
    }

    @Test func `a call that never got a connection is given up in time, and did not arrive`() async throws {
        let client = HTTPClient(callsPerOrigin: 1)
        let server = try ScriptedServer { _, connection in connection.waitForEnd() }
        defer { server.stop() }
        let first = Task { try await client.send(HTTPRequest("GET", server.url)) }
        try await wait { server.requests.count == 1 }
        let failure = await #expect(throws: HTTPFailure.self) {
            try await client.send(HTTPRequest("POST", server.url, limits: HTTPLimits(whole: .milliseconds(100))))
        }
        #expect(failure?.kind == .timedOut)
        #expect(failure?.mayHaveArrived == false)
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
    }

    @Test func `a connection that does not come about is given up, and nothing was sent`() async throws {
        let listener = try FullListener()
        let failure = try await failure(
            HTTPRequest("POST", listener.url, limits: HTTPLimits(connect: .milliseconds(300))))
        #expect(failure.kind == .timedOut)
        #expect(!failure.mayHaveArrived)
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nX: y\r\n",
    ])
    func `a connection that breaks off is lost, and the call may have arrived`(_ said: String) async throws {
        let server = try ScriptedServer { _, connection in
            connection.send(said)
            connection.breakOff()
        }
        defer { server.stop() }
        let failure = try await failure(HTTPRequest("POST", server.url))
        #expect(failure.kind == .connectionLost)
        #expect(failure.mayHaveArrived)
    }

    @Test func `a post over a kept connection that dies under it is never sent twice`() async throws {
        let server = try ScriptedServer { request, connection in
            if request.path == "/first" { connection.answer() } else { connection.breakOff() }
        }
        defer { server.stop() }
        for method in ["POST", "DELETE", "PUT"] {
            _ = try await client.send(HTTPRequest("GET", "\(server.url)/first"))
            let failure = try await failure(HTTPRequest(method, "\(server.url)/second"))
            #expect(failure.kind == .connectionLost)
            #expect(failure.mayHaveArrived)
            #expect(server.requests.filter { $0.method == method }.count == 1)
        }
    }

    @Test func `a get over a kept connection that dies under it is made again`() async throws {
        let broken = Mutex(false)
        let server = try ScriptedServer { request, connection in
            let isFirst = broken.withLock { isBroken in
                guard request.path == "/second", !isBroken else { return false }
                isBroken = true
                return true
            }
            if isFirst { connection.breakOff() } else { connection.answer() }
        }
        defer { server.stop() }
        _ = try await client.send(HTTPRequest("GET", "\(server.url)/first"))
        #expect(try await client.send(HTTPRequest("GET", "\(server.url)/second")).status == 200)
        #expect(server.connections == 2)
    }

    @Test func `a post after the server has closed the kept connection takes a new one`() async throws {
        let server = try ScriptedServer { _, connection in
            connection.answer()
            connection.breakOff()
        }
        defer { server.stop() }
        for number in 1...20 {
            #expect(try await client.send(HTTPRequest("POST", server.url)).status == 200)
            try await wait { server.openConnections == 0 }
            #expect(server.requests.count == number)
        }
    }

    @Test(arguments: [true, false])
    func `a body that is too large is refused, whether or not its size is told`(_ isTold: Bool) async throws {
        let server = try ScriptedServer { _, connection in
            if isTold {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
                while connection.send([UInt8](repeating: 1, count: 65536)) {}
            } else {
                connection.beginStream()
                while connection.chunk([UInt8](repeating: 1, count: 65536)) {}
            }
        }
        defer { server.stop() }
        var request = HTTPRequest("GET", server.url)
        request.mostBytes = 1 << 20
        let failure = try await failure(request)
        #expect(failure.kind == .tooLarge)
        #expect(failure.mayHaveArrived)
        try await wait { server.openConnections == 0 }
    }

    @Test func `a body of just the most bytes is taken`() async throws {
        let server = try ScriptedServer { _, connection in connection.answer(200, String(repeating: "x", count: 1000)) }
        defer { server.stop() }
        var request = HTTPRequest("GET", server.url)
        request.mostBytes = 1000
        #expect(try await client.send(request).body.count == 1000)
        request.mostBytes = 999
        #expect(try await failure(request).kind == .tooLarge)
    }

    @Test(arguments: ["X-Long: \(String(repeating: "x", count: 60_000))\r\n", "X-Many: x\r\n"])
    func `a head that does not end is refused`(_ line: String) async throws {
        let server = try ScriptedServer { _, connection in
            connection.send("HTTP/1.1 200 OK\r\n")
            while connection.send(line) {}
        }
        defer { server.stop() }
        #expect(try await failure(HTTPRequest("GET", server.url)).kind == .tooLarge)
    }

    @Test func `heads without end before the answer are refused`() async throws {
        let server = try ScriptedServer { _, connection in
            while connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n") {}
        }
        defer { server.stop() }
        #expect(try await failure(HTTPRequest("GET", server.url)).kind == .tooLarge)
    }

    @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 OK\r\n\r\n", "\0\0\0\0\r\n\r\n", "{\"json\": true}\n\n"])
    func `what is no HTTP is no answer`(_ said: String) async throws {
        let server = try ScriptedServer { _, connection in
            connection.send(said)
            connection.breakOff()
        }
        defer { server.stop() }
        let failure = try await failure(HTTPRequest("POST", server.url))
        #expect(failure.kind == .malformed)
        #expect(failure.mayHaveArrived)
    }

    @Test(arguments: [
        HTTPRequest("GET", "http://docker/", headers: ["X": "a\r\nY: b"]),
        HTTPRequest("GET", "http://docker/", headers: ["X": "a\nY: b"]),
        HTTPRequest("GET", "http://docker/", headers: ["X": "a\0"]),
        HTTPRequest("GET", "http://docker/", headers: ["X: a\r\nY": "b"]),
        HTTPRequest("GET", "http://docker/", headers: ["": "b"]),
        HTTPRequest("GET", "http://docker/", headers: ["Content-Length": "100"]),
        HTTPRequest("GET", "http://docker/", headers: ["transfer-encoding": "chunked"]),
        HTTPRequest("GET / HTTP/1.1\r\n\r\nGET", "http://docker/"),
        HTTPRequest("", "http://docker/"),
        HTTPRequest("GET", "http://docker/ HTTP/1.1\r\nX: y\r\n\r\n"),
        HTTPRequest("GET", "http://docker/ü"),
        HTTPRequest("GET", "http://user:password@docker/"),
    ])
    func `what would say more than one request is never sent`(_ request: HTTPRequest) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let server = try ScriptedServer(socket: "\(directory.path)/s") { _, connection in connection.answer() }
        defer { server.stop() }
        var request = request
        request.unixSocket = server.socket
        let failure = try await failure(request)
        #expect(failure.kind == .malformed)
        #expect(!failure.mayHaveArrived)
        #expect(!failure.message.contains("password"))
        #expect(server.requests.isEmpty)
    }
}

/// A listener whose queue is full: connections to it do not come about.
private final class FullListener {
    private var descriptors: [Int32] = []
    let url: String

    init() throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        descriptors.append(listener)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 0) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        try #require(isListening)
        for _ in 0..<8 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            descriptors.append(client)
            _ = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, length) }
            }
        }
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }
}

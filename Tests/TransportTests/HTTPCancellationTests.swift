import ScriptedServer
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(2))) struct HTTPCancellationTests {
    private let client = HTTPClient()
    /// What "at once" may take. The quickest of several is looked at: the tests share two cores with much else.
    private let atOnce = Duration.milliseconds(50)

    @Test func `a cancelled task's call ends at once, and its connection with it`() async throws {
        let server = try ScriptedServer { _, connection in connection.waitForEnd() }
        defer { server.stop() }
        let request = HTTPRequest("GET", server.url, limits: HTTPLimits(whole: nil))
        var quickest = Duration.seconds(60)
        for number in 1...10 {
            let call = Task { try await client.send(request) }
            try await wait { server.requests.count == number }
            let start = ContinuousClock.now
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            quickest = min(quickest, .now - start)
            try await wait { server.openConnections == 0 }
        }
        #expect(quickest < atOnce)
    }

    @Test func `a task that is cancelled before it calls sends nothing`() async throws {
        let server = try ScriptedServer { _, connection in connection.answer() }
        defer { server.stop() }
        let request = HTTPRequest("GET", server.url)
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send(request)
        }
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(server.requests.isEmpty)
    }

    @Test func `a call that waits for a connection can be cancelled, and the others go on`() async throws {
        let client = HTTPClient(callsPerOrigin: 1)
        let server = try ScriptedServer { request, connection in
            if request.path == "/first" { connection.waitForEnd() } else { connection.answer() }
        }
        defer { server.stop() }
        let first = Task { try await client.send(HTTPRequest("GET", "\(server.url)/first")) }
        try await wait { server.requests.count == 1 }
        let second = Task { try await client.send(HTTPRequest("GET", "\(server.url)/second")) }
        let third = Task { try await client.send(HTTPRequest("GET", "\(server.url)/third")) }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(try await third.value.status == 200)
        #expect(server.requests.map(\.path) == ["/first", "/third"])
    }

    @Test func `thousands of calls that are cancelled at any moment end each, and the client serves on`() async throws {
        let server = try ScriptedServer { _, connection in connection.answer(200, "x") }
        defer { server.stop() }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<2000 {
                let call = Task { try await client.send(HTTPRequest("POST", server.url)) }
                group.addTask {
                    for _ in 0..<(number % 50) { await Task.yield() }
                    call.cancel()
                    do {
                        #expect(try await call.value.status == 200)
                    } catch {
                        #expect(error is CancellationError)
                    }
                }
            }
        }
        #expect(try await client.send(HTTPRequest("GET", server.url)).status == 200)
    }

    @Test func `a reader that is cancelled ends its stream`() async throws {
        let server = try ScriptedServer { _, connection in
            connection.beginStream()
            connection.chunk("first".utf8)
            connection.waitForEnd()
        }
        defer { server.stop() }
        var quickest = Duration.seconds(60)
        for _ in 1...10 {
            let stream = try await client.open(HTTPRequest("GET", server.url))
            let (pieces, piece) = AsyncStream.makeStream(of: [UInt8].self)
            let reading = Task { for try await bytes in stream.body { piece.yield(bytes) } }
            for await bytes in pieces {
                #expect(bytes == Array("first".utf8))
                break
            }
            let start = ContinuousClock.now
            reading.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
            quickest = min(quickest, .now - start)
            try await wait { server.openConnections == 0 }
        }
        #expect(quickest < atOnce)
    }

    @Test func `a reader that was cancelled before it reads ends its stream, though others hold it`() async throws {
        let server = try ScriptedServer { _, connection in
            connection.beginStream()
            connection.chunk("first".utf8)
            connection.waitForEnd()
        }
        defer { server.stop() }
        let stream = try await client.open(HTTPRequest("GET", server.url))
        let reading = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            for try await _ in stream.body {}
        }
        await #expect(throws: CancellationError.self) { try await reading.value }
        try await wait { server.openConnections == 0 }
        withExtendedLifetime(stream) {}
    }

    @Test func `letting go of a stream ends it`() async throws {
        let server = try ScriptedServer { _, connection in
            connection.beginStream()
            connection.waitForEnd()
        }
        defer { server.stop() }
        var stream: HTTPStream? = try await client.open(HTTPRequest("GET", server.url))
        #expect(stream?.status == 200)
        #expect(server.openConnections == 1)
        stream = nil
        try await wait { server.openConnections == 0 }
    }
}

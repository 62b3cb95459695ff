import ScriptedServer
import Synchronization
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(2))) struct HTTPStreamTests {
    private let client = HTTPClient()

    @Test func `a stream is read as it comes`() async throws {
        let gate = Gate()
        let server = try ScriptedServer { _, connection in
            connection.beginStream(201)
            for text in ["one", "two"] {
                connection.chunk(text.utf8)
                gate.wait()
            }
            connection.endStream()
        }
        defer { server.stop() }
        let stream = try await client.open(HTTPRequest("GET", server.url))
        #expect(stream.status == 201)
        var read: [String] = []
        for try await piece in stream.body {
            read.append(String(decoding: piece, as: UTF8.self))
            // Only now is the next one sent.
            gate.open()
        }
        #expect(read == ["one", "two"])
    }

    @Test func `a reader that lags holds the server back, and misses nothing`() async throws {
        let sent = Mutex(0)
        let size = 48 << 20
        let server = try ScriptedServer { _, connection in
            connection.beginStream()
            var number: UInt64 = 0
            while sent.withLock(\.self) < size {
                let bytes = (0..<8192).map { UInt8(truncatingIfNeeded: number &+ UInt64($0) &* 7) }
                guard connection.chunk(bytes) else { return }
                sent.withLock { $0 += bytes.count }
                number += 1
            }
            connection.endStream()
        }
        defer { server.stop() }
        let stream = try await client.open(HTTPRequest("GET", server.url))
        // Held back, when it has sent no more for a while.
        var before = -1
        while sent.withLock(\.self) != before {
            before = sent.withLock(\.self)
            try await Task.sleep(for: .milliseconds(300))
        }
        #expect(before < 16 << 20, "what a reader leaves unread is not kept in memory")

        var position = 0
        var isRight = true
        for try await piece in stream.body {
            for byte in piece {
                let (number, offset) = (UInt64(position / 8192), UInt64(position % 8192))
                if byte != UInt8(truncatingIfNeeded: number &+ offset &* 7) { isRight = false }
                position += 1
            }
        }
        #expect(position == size)
        #expect(isRight)
    }

    @Test func `a stream that breaks off throws what it had not said`() async throws {
        let server = try ScriptedServer { _, connection in
            connection.beginStream()
            connection.chunk("one\ntw".utf8)
            connection.breakOff()
        }
        defer { server.stop() }
        let stream = try await client.open(HTTPRequest("GET", server.url))
        var read = 0
        let failure = await #expect(throws: HTTPFailure.self) {
            for try await piece in stream.body { read += piece.count }
        }
        #expect(read == 6)
        #expect(failure?.kind == .connectionLost)
        #expect(failure?.mayHaveArrived == true)
    }

    @Test func `a stream that says nothing for too long ends, one whose reader lags does not`() async throws {
        let server = try ScriptedServer { request, connection in
            connection.beginStream()
            if request.path == "/much" {
                for _ in 0..<1024 where !connection.chunk([UInt8](repeating: 1, count: 8192)) { return }
                connection.endStream()
            } else {
                connection.chunk("x".utf8)
                connection.waitForEnd()
            }
        }
        defer { server.stop() }
        let limits = HTTPLimits(silence: .milliseconds(300))
        let silent = try await client.open(HTTPRequest("GET", server.url, limits: limits))
        let failure = await #expect(throws: HTTPFailure.self) { for try await _ in silent.body {} }
        #expect(failure?.kind == .timedOut)

        let much = try await client.open(HTTPRequest("GET", "\(server.url)/much", limits: limits))
        try await Task.sleep(for: .milliseconds(900))
        var read = 0
        for try await piece in much.body { read += piece.count }
        #expect(read == 8 << 20)
    }

    @Test func `a stream outlives the limit for its head`() async throws {
        let gate = Gate()
        let server = try ScriptedServer { _, connection in
            connection.beginStream()
            gate.wait()
            connection.chunk("late".utf8)
            connection.endStream()
        }
        defer { server.stop() }
        let stream = try await client.open(
            HTTPRequest("GET", server.url, limits: HTTPLimits(whole: .milliseconds(400))))
        try await Task.sleep(for: .milliseconds(600))
        gate.open()
        var read = 0
        for try await piece in stream.body { read += piece.count }
        #expect(read == 4)
    }

    @Test func `lines are put together from any pieces`() async throws {
        let text = "{\"a\":1}\n\r\n{\"b\":\"ü\"}\r\nlast"
        for size in 1...text.utf8.count {
            var reader = LineReader(mostBytes: 20)
            var lines: [[UInt8]] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                lines += try reader.take(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            if let line = reader.end() { lines.append(line) }
            #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["{\"a\":1}", "{\"b\":\"ü\"}", "last"])
        }
        var reader = LineReader(mostBytes: 20)
        #expect(throws: HTTPFailure.self) { try reader.take([UInt8](repeating: 0x61, count: 21)) }
    }

    @Test func `the lines of a stream come one by one`() async throws {
        let server = try ScriptedServer { _, connection in
            connection.beginStream()
            for piece in ["{\"a\"", ":1}\n{\"a\":2}", "\n", "{\"a\":3}"] { connection.chunk(piece.utf8) }
            connection.endStream()
        }
        defer { server.stop() }
        let stream = try await client.open(HTTPRequest("GET", server.url))
        var lines: [String] = []
        for try await line in stream.body.lines() { lines.append(String(decoding: line, as: UTF8.self)) }
        #expect(lines == ["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"])
    }
}

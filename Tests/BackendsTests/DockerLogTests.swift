import MultipleSpawner
import ScriptedServer
import Testing
import Transport

@testable import Backends

@Suite(.timeLimit(.minutes(2))) struct DockerLogTests {
    private static func frame(_ kind: UInt8, _ text: String) -> [UInt8] {
        let count = UInt32(text.utf8.count)
        return [kind, 0, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } + Array(text.utf8)
    }

    private static let log =
        frame(1, "out\n") + frame(2, "error\n") + frame(1, "") + frame(1, String(repeating: "x", count: 300) + "\n")
    private static let written = "out\nerror\n" + String(repeating: "x", count: 300) + "\n"

    @Test func `frames are taken apart wherever the pieces end`() throws {
        for size in 1...Self.log.count {
            var frames = LogDemultiplexer()
            var written: [UInt8] = []
            var rest = Self.log[...]
            while !rest.isEmpty {
                written += try frames.take(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            try frames.end()
            #expect(written == Array(Self.written.utf8))
        }
    }

    @Test func `a log that ends within a frame is told`() throws {
        for count in 1..<Self.frame(1, "out\n").count {
            var frames = LogDemultiplexer()
            _ = try frames.take(Array(Self.log.prefix(count)))
            #expect(throws: DockerError.self) { try frames.end() }
        }
    }

    @Test(arguments: [Array("plain text".utf8), [4, 0, 0, 0, 0, 0, 0, 1], [1, 0, 1, 0, 0, 0, 0, 1]])
    func `what is no such log is refused`(_ bytes: [UInt8]) {
        var frames = LogDemultiplexer()
        #expect(throws: DockerError.self) { try frames.take(bytes) }
    }

    @Test func `a frame that claims gigabytes is given out as it comes`() throws {
        var frames = LogDemultiplexer()
        #expect(try frames.take([1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]).isEmpty)
        #expect(try frames.take([UInt8](repeating: 7, count: 1000)).count == 1000)
    }

    @Test func `Docker's own complaint ends the log`() {
        var frames = LogDemultiplexer()
        let error = #expect(throws: DockerError.self) {
            _ = try frames.take(Self.frame(3, "error grabbing logs: node is down"))
        }
        #expect(error?.message.contains("node is down") == true)
    }

    @Test(arguments: [true, false])
    func `a log is read with or without a terminal`(_ hasTerminal: Bool) async throws {
        let engine = try DockerEngine { request, connection in
            connection.beginStream()
            if hasTerminal {
                connection.chunk(Self.written.utf8)
            } else {
                connection.chunk(Self.log.prefix(5))
                connection.chunk(Self.log.dropFirst(5))
            }
            connection.endStream()
        }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let log = try await client.log("/containers/x/logs", query: ["stdout": "1"], hasTerminal: hasTerminal)
        var read: [UInt8] = []
        for try await piece in log { read += piece }
        #expect(read == Array(Self.written.utf8))
        #expect(engine.calls.last == "GET /v1.41/containers/x/logs?stdout=1")
    }

    @Test func `a log that breaks off throws, one that is let go of ends`() async throws {
        let engine = try DockerEngine { request, connection in
            connection.beginStream()
            connection.chunk(Self.log)
            if request.path.hasSuffix("/broken/logs") { connection.breakOff() } else { connection.waitForEnd() }
        }
        defer { engine.stop() }
        let client = try DockerClient(engine)
        let broken = try await client.log("/containers/broken/logs", query: [:], hasTerminal: false)
        let error = await #expect(throws: DockerError.self) { for try await _ in broken {} }
        #expect(error?.message.contains("broke") == true)
        do {
            let log = try await client.log("/containers/x/logs", query: [:], hasTerminal: false)
            for try await _ in log { break }
        }
        let end = ContinuousClock.now + .seconds(20)
        // The connection of the pings may be kept.
        while engine.openConnections > 1 {
            try #require(ContinuousClock.now < end)
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

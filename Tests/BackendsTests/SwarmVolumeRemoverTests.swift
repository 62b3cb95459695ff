import Glibc
import ScriptedServer
import Synchronization
import Testing

@testable import Backends

/// The program that travels to the nodes, before an engine that says what a test wants.
@Suite struct SwarmVolumeRemoverTests {
    private typealias Outcome = SwarmVolumeProgram.Outcome

    /// What became of one volume of which the engine says `description`, and what the engine was asked.
    private func remove(
        _ names: [String] = ["home"], patience: Int = 5,
        _ script: @escaping @Sendable (Request, Connection) -> Void
    ) async throws -> (outcome: SwarmVolumeProgram.Outcome, asked: [String]) {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let server = try ScriptedServer(socket: "\(directory.path)/engine") { request, connection in
            script(request, connection)
            connection.breakOff()
        }
        defer { server.stop() }
        let options = ["--socket", "\(directory.path)/engine", "--patience", String(patience)]
        let outcome = try await SwarmVolumeProgram.run(options + ["multiplespawner.hub=one"] + names)
        return (outcome, server.requests.map { "\($0.method) \($0.target)" })
    }

    /// An engine with one volume.
    private func remove(described description: String) async throws -> (
        outcome: SwarmVolumeProgram.Outcome, asked: [String]
    ) {
        try await remove { request, connection in
            connection.answer(request.method == "GET" ? 200 : 204, request.method == "GET" ? description : "")
        }
    }

    private static func volume(_ labels: String, name: String = "home") -> String {
        #"{"CreatedAt":"2026-01-02T03:04:05Z","Driver":"local","Labels":\#(labels),"Name":"\#(name)","Options":null}"#
    }

    @Test(arguments: [
        #"{"multiplespawner.hub":"one"}"#,
        #"{"a":"b","multiplespawner.hub":"one","c":"\u003c\n\ud83d\ude00"}"#,
        #"{ "multiplespawner\u002ehub" : "\u006fne" }"#,
    ])
    func `a volume with the label is removed`(labels: String) async throws {
        let (outcome, asked) = try await remove(described: Self.volume(labels))
        #expect(outcome == Outcome(status: 0, lines: ["volume home: removed"]))
        #expect(asked == ["GET /volumes/home", "DELETE /volumes/home"])
    }

    @Test(arguments: [
        "null", "{}",
        #"{"multiplespawner.hub":"other"}"#,
        #"{"multiplespawner.hub":"one "}"#,
        #"{"multiplespawner.hub":"on"}"#,
        #"{"multiplespawner.hub":"one\u0000"}"#,
        #"{"multiplespawner.hub2":"one"}"#,
        #"{"Multiplespawner.Hub":"one"}"#,
        #"{"x":"\"multiplespawner.hub\":\"one\""}"#,
        #"{"x":"y\\","z":"\"multiplespawner.hub\":\"one"}"#,
        #"{"x":{"multiplespawner.hub":"one"}}"#,
    ])
    func `a volume without the label is left, whatever else it has`(labels: String) async throws {
        let (outcome, asked) = try await remove(described: Self.volume(labels))
        #expect(outcome == Outcome(status: 0, lines: ["volume home: left, for this hub did not make it"]))
        #expect(asked == ["GET /volumes/home"])
    }

    @Test func `a label among the options is none`() async throws {
        let description = #"{"Name":"home","Labels":null,"Options":{"Labels":{"multiplespawner.hub":"one"}}}"#
        let (outcome, asked) = try await remove(described: description)
        #expect(outcome.lines == ["volume home: left, for this hub did not make it"])
        #expect(asked == ["GET /volumes/home"])
    }

    @Test(arguments: [
        // Twice: which one is true?
        #"{"Name":"home","Labels":{"multiplespawner.hub":"one","multiplespawner.hub":"other"}}"#,
        #"{"Name":"home","Labels":{"multiplespawner.hub":"one"},"Labels":{}}"#,
        #"{"Name":"home","Name":"home","Labels":{"multiplespawner.hub":"one"}}"#,
        // Another volume, or none.
        #"{"Name":"other","Labels":{"multiplespawner.hub":"one"}}"#,
        #"{"Labels":{"multiplespawner.hub":"one"}}"#,
        // No JSON, or not all of it.
        "", "null", "[]",
        #"{"Name":"home","Labels":{"multiplespawner.hub":"one"}"#,
        #"{"Name":"home","Labels":{"multiplespawner.hub":"one"}}}"#,
        #"{"Name":"home","Labels":{"multiplespawner.hub":"one"},}"#,
        #"{"Name":"home","Labels":{"multiplespawner.hub":"one"},"x":01}"#,
        #"{"Name":"home","Labels":{"multiplespawner.hub":"one"},"x":"\x"}"#,
        #"{"Name":"home","Labels":{"multiplespawner.hub":"one"},"x":"\ud800"}"#,
        #"{"Name":"home","Labels":{"multiplespawner.hub":1}}"#,
        #"{"Name":"home","Labels":["multiplespawner.hub","one"]}"#,
        "{\"Name\":\"home\",\"Labels\":{\"multiplespawner.hub\":\"one\"},\"x\":\"a\nb\"}",
        #"{"Name":"home","Labels":{"multiplespawner.hub":"one"},"x":"# + String(repeating: "[", count: 100_000),
    ])
    func `what can be read in two ways, or not at all, removes nothing`(description: String) async throws {
        let (outcome, asked) = try await remove(described: description)
        #expect(outcome.status == 1)
        #expect(outcome.lines == ["volume home: not removed: what the engine says of it is not understood"])
        #expect(asked == ["GET /volumes/home"])
    }

    @Test func `a volume that is in use is tried again, and its label is read again each time`() async throws {
        let refusals = Mutex(2)
        let (outcome, asked) = try await remove { request, connection in
            guard request.method == "DELETE" else {
                return connection.answer(200, Self.volume(#"{"multiplespawner.hub":"one"}"#))
            }
            let isInUse = refusals.withLock { left in
                left -= 1
                return left >= 0
            }
            connection.answer(isInUse ? 409 : 204)
        }
        #expect(outcome == Outcome(status: 0, lines: ["volume home: removed"]))
        let once = ["GET /volumes/home", "DELETE /volumes/home"]
        #expect(asked == once + once + once)
    }

    @Test func `one that stays in use is left, and the next is not kept waiting`() async throws {
        let (outcome, _) = try await remove(["home", "data"], patience: 1) { request, connection in
            let name = request.target.hasSuffix("home") ? "home" : "data"
            guard request.method == "DELETE" else {
                return connection.answer(200, Self.volume(#"{"multiplespawner.hub":"one"}"#, name: name))
            }
            connection.answer(name == "home" ? 409 : 204)
        }
        #expect(outcome == Outcome(status: 0, lines: ["volume home: left, for it is in use", "volume data: removed"]))
    }

    @Test func `one that another has remade under the same name while it was in use is left`() async throws {
        let isRemade = Mutex(false)
        let (outcome, asked) = try await remove { request, connection in
            if request.method == "DELETE" {
                isRemade.withLock { $0 = true }
                return connection.answer(409)
            }
            let hub = isRemade.withLock { $0 } ? "other" : "one"
            connection.answer(200, Self.volume(#"{"multiplespawner.hub":"\#(hub)"}"#))
        }
        #expect(outcome == Outcome(status: 0, lines: ["volume home: left, for this hub did not make it"]))
        #expect(asked.filter { $0.hasPrefix("DELETE") }.count == 1)
    }

    @Test func `one that is gone is as good as removed`() async throws {
        let (before, _) = try await remove { _, connection in connection.answer(404) }
        let (between, _) = try await remove { request, connection in
            connection.answer(
                request.method == "GET" ? 200 : 404, Self.volume(#"{"multiplespawner.hub":"one"}"#))
        }
        #expect(before == Outcome(status: 0, lines: ["volume home: gone before"]))
        #expect(between == before)
    }

    @Test(arguments: ["", ".", "..", "a/../../containers/x", "a\nb"])
    func `what is no name of a volume is never asked for`(name: String) async throws {
        let (outcome, asked) = try await remove([name]) { _, connection in connection.answer(404) }
        #expect(outcome.status == 0)
        #expect(outcome.lines.count == 1 && outcome.lines.allSatisfy { $0.hasSuffix("no name of a volume") })
        #expect(asked.isEmpty)
    }

    @Test func `a name cannot become a query, another request or a header`() async throws {
        let (_, asked) = try await remove(["a?force=1", "b HTTP", "c%2F..", "-d", "\u{e9}"]) { _, connection in
            connection.answer(404)
        }
        let encoded = ["a%3Fforce%3D1", "b%20HTTP", "c%252F..", "-d", "%C3%A9"]
        #expect(asked == encoded.map { "GET /volumes/\($0)" })
    }

    @Test func `an engine that fails, says nonsense or breaks off is worth another try`() async throws {
        let (failing, _) = try await remove { _, connection in connection.answer(500, #"{"message":"disk\u0007"}"#) }
        #expect(
            failing
                == Outcome(
                    status: 1, lines: [#"volume home: not removed, the engine says: {"message":"disk\u0007"}"#]))
        for nonsense in ["", "hello", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"] {
            let (outcome, asked) = try await remove { _, connection in connection.send(nonsense) }
            #expect(outcome.status == 1)
            #expect(asked == ["GET /volumes/home"])
        }
        let (endless, _) = try await remove { _, connection in
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while connection.send(String(repeating: " ", count: 65_536)) {}
        }
        #expect(endless == Outcome(status: 1, lines: ["volume home: not removed: the answer is too long"]))
    }

    @Test func `one volume that cannot be removed does not keep the others`() async throws {
        let (outcome, _) = try await remove(["home", "data"]) { request, connection in
            if request.target.hasSuffix("home") { return connection.answer(500) }
            connection.answer(
                request.method == "GET" ? 200 : 204, Self.volume(#"{"multiplespawner.hub":"one"}"#, name: "data"))
        }
        #expect(outcome.status == 1)
        #expect(outcome.lines.last == "volume data: removed")
    }

    @Test func `without an engine it says so, and is worth another try`() async throws {
        let outcome = try await SwarmVolumeProgram.run(["--socket", "/nonexistent/socket", "a=b", "home"])
        #expect(outcome == Outcome(status: 1, lines: ["volume home: not removed: nobody answers at the socket"]))
    }

    @Test(arguments: [
        [], ["a=b"], ["home", "data"], ["=b", "home"], ["a=", "home"], ["--patience", "x", "a=b", "home"],
        ["--patience", "-1", "a=b", "home"], ["--socket", "/x"],
    ])
    func `a wrong call is told, and does nothing`(arguments: [String]) async throws {
        let outcome = try await SwarmVolumeProgram.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.lines.count == 1 && outcome.lines[0].hasPrefix("usage: "))
    }
}

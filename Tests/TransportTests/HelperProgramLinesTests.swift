import MultipleSpawner
import Synchronization
import Testing

@testable import Transport

/// Programs that are listened to while they run.
@Suite(.timeLimit(.minutes(1))) struct HelperProgramLinesTests {
    /// What was heard, in its order.
    private final class Heard: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }

        func add(_ line: [UInt8]) {
            lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }
    }

    @Test func `lines come one by one while the program runs, and its errors at its end`() async throws {
        let heard = Heard()
        let (answers, answer) = AsyncStream.makeStream(of: Int.self)
        let program = HelperProgram([
            "/bin/sh", "-c", #"echo one; echo no >&2; printf 'two\n\nthree'; read line; exit 3"#,
        ])
        let end = try await program.run(input: Array("go\n".utf8)) { line in
            heard.add(line)
            answer.yield(heard.all.count)
        }
        answer.finish()
        #expect(heard.all == ["one", "two", "three"])
        #expect(end.status == 3 && end.output.isEmpty && end.errors == Array("no\n".utf8))
        #expect(await answers.reduce(into: []) { $0.append($1) } == [1, 2, 3])
    }

    @Test func `a line that is too long is left out, and of many errors the last are kept`() async throws {
        let heard = Heard()
        let program = HelperProgram(
            ["/bin/sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; echo; echo short; seq 100000 >&2"],
            mostOutput: 1000)
        let end = try await program.run { heard.add($0) }
        #expect(heard.all == ["short"])
        #expect(end.errors.count == 1000 && String(decoding: end.errors, as: UTF8.self).hasSuffix("\n100000\n"))
    }

    @Test func `a program that takes too long is ended, also where nobody listens any more`() async throws {
        let program = HelperProgram(["/bin/sh", "-c", "echo begun; sleep 600"], limit: .milliseconds(300))
        let heard = Heard()
        let error = await #expect(throws: SpawnError.self) { try await program.run { heard.add($0) } }
        #expect(error?.code == .timedOut && heard.all == ["begun"])
    }
}

import FoundationEssentials
import Glibc
import MultipleSpawner
import Synchronization
import Testing

@testable import Transport

/// Programs that serve as plug-ins, well and badly.
@Suite(.timeLimit(.minutes(2))) struct PluginProgramTests {
    /// What was written down, in its order, and what was reported.
    private final class Heard: Sendable {
        private let saved = Mutex<[JSONValue]>([])
        private let reports = Mutex<[String]>([])

        var checkpoints: [JSONValue] { saved.withLock { $0 } }
        var words: [String] { reports.withLock { $0 } }

        func save(_ value: JSONValue) { saved.withLock { $0.append(value) } }
        func report(_ text: String) { reports.withLock { $0.append(text) } }
    }

    private static let secret = "s3cr3t-value"

    /// Asks a program of `/bin/sh` for a machine; `$0` is a directory of the test's own.
    private func acquire(
        _ body: String, in directory: TemporaryDirectory, heard: Heard = Heard(), timeout: Double = 20,
        save: @escaping @Sendable (JSONValue) async throws -> Void = { _ in }
    ) async throws -> JSONValue {
        let program = try PluginProgram(
            .provider, command: ["/bin/sh", "-c", body, directory.path], timeout: timeout)
        return try await program.ask(
            "acquire", ["data": [:], "options": ["site": "north"]], secrets: [Secret(Self.secret)],
            checkpoint: { value in
                try await save(value)
                heard.save(value)
            }, report: { heard.report($0) })
    }

    @Test func `what is to be made is written down before the program goes on, and the answer is the result`()
        async throws
    {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let heard = Heard()
        let body = #"""
            read -r question; printf '%s\n' "$question" > "$0/question"
            echo '{"progress": "looking"}'; echo; echo '{"checkpoint": {"id": 1}}'
            read saved; echo "$saved" > "$0/saved"; cp "$0/journal" "$0/made"
            echo '{"result": {"host": "gpu-1", "port": "2222"}}'
            """#
        let answer = try await acquire(body, in: directory, heard: heard) { _ in
            // A journal takes its time.
            try await Task.sleep(for: .milliseconds(100))
            _ = try directory.file("journal", "it is written down")
        }
        #expect(answer == ["host": "gpu-1", "port": 2222, "lease": ["id": 1]])
        #expect(heard.checkpoints == [["id": 1]] && heard.words == ["looking"])
        #expect(try text(directory, "made") == "it is written down")
        #expect(try text(directory, "saved") == "{\"saved\": true}\n")
        let question = JSONSource(file: "question", text: try text(directory, "question")).root?.jsonValue
        #expect(question?["version"] == 1 && question?["kind"] == "provider" && question?["action"] == "acquire")
        #expect(question?["options"] == ["site": "north"])
    }

    private func text(_ directory: TemporaryDirectory, _ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(directory.path)/\(name)")), as: UTF8.self)
    }

    @Test(arguments: [
        ("exit 0", "without a result"), ("cat >/dev/null <&-; exit 0", "without a result"),
        (#"printf '{"result": {"ho'"#, "cannot be read"), ("echo nonsense", "line 1"),
        ("echo '[1]'", "cannot be read"), (#"echo '{}'"#, "none of"), (#"echo '{"result": 7}'"#, "must be an object"),
        (
            #"echo '{"progress": "a"}'; echo '{"resullt": {}}'"#,
            "line 2: the line: the key 'resullt' is not known; did you mean 'result'?"
        ),
        (#"echo '{"result": {"host": "h"}, "progress": "x"}'"#, "more than one"),
        (#"echo '{"result": {"host": "h", "prt": 1}}'"#, "'prt' is not known"),
        (#"echo '{"result": {}}'"#, "'host' is missing"),
        (#"echo '{"result": {"host": "h", "port": 70000}}'"#, "70000"),
        (#"echo '{"result": {"host": "h"}}'; echo '{"checkpoint": {"id": 1}}'; read x"#, "more after its last line"),
        (#"echo '{"result": {"host": "h"}}'; echo rest"#, "more after its last line"),
        (#"echo '{"log": "a line"}'"#, "a log is no part"),
        (#"echo '{"error": {"code": "no_such", "message": "x"}}'"#, "'no_such', which is not known"),
        ("head -c 104857600 /dev/zero | tr '\\0' x", "a line of more than 16777216 bytes"),
        (#"yes '{"progress": "on and on"}'"#, "more than 10000 lines"),
        (#"i=0; while [ $i -lt 101 ]; do echo '{"checkpoint": {"id": 1}}'; read x; i=$((i+1)); done"#, "100 at most"),
        (#"printf '{"checkpoint": "'; head -c 70000 /dev/zero | tr '\0' x; echo '"}'; read x"#, "65536 bytes at most"),
        ("exit 3", "status 3"), ("kill -9 $$", "a signal"), (#"echo '{"result": {"host": "h"}}'; exit 3"#, "status 3"),
        (#"read question; echo '{"checkpoint": {"id": 1}}'; read saved; kill -9 $$"#, "a signal"),
    ])
    func `a program that fails, or says what cannot be read, is an error that names it`(body: String, word: String)
        async throws
    {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let error = await #expect(throws: SpawnError.self) {
            try await acquire("echo '\(Self.secret)' >&2; \(body)", in: directory)
        }
        #expect(error?.code == .backendFailed && error?.message.contains(word) == true, "\(error as Any)")
        #expect(error?.message.contains("/bin/sh") == true, "\(error as Any)")
        #expect(error?.message.contains(Self.secret) == false && error?.cause?.contains(Self.secret) != true)
    }

    @Test func `an error of the program's own keeps its code, and its words do not tell a secret`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let heard = Heard()
        let body = """
            echo '{"progress": "with \(Self.secret)"}'
            printf '%s\\n' '{"error": {"code": "over_capacity", "message": "no room for \(Self.secret)\\nnone"}}'; exit 4
            """
        let error = await #expect(throws: SpawnError.self) { try await acquire(body, in: directory, heard: heard) }
        #expect(error?.code == .overCapacity)
        #expect(error?.message == "the provider '/bin/sh': no room for <hidden> none")
        #expect(heard.words == ["with <hidden>"])
    }

    @Test func `a program that takes too long is ended with all that it started, whatever it says meanwhile`()
        async throws
    {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let body = #"sleep 600 & echo $! > "$0/child"; while :; do echo '{"progress": "soon"}'; sleep 0.05; done"#
        let error = await #expect(throws: SpawnError.self) {
            try await acquire(body, in: directory, timeout: 0.5)
        }
        #expect(error?.code == .timedOut && error?.message.contains("'acquire'") == true, "\(error as Any)")
        let child = try text(directory, "child").split(separator: "\n").first.map(String.init) ?? ""
        #expect(!child.isEmpty)
        // It has the signal; the kernel takes it away a moment later.
        try await wait {
            let state = (try? Data(contentsOf: URL(filePath: "/proc/\(child)/stat"))).map {
                String(decoding: $0, as: UTF8.self)
            }
            return state == nil || state?.contains(") Z ") == true
        }
    }

    @Test func `a program whose checkpoint cannot be written down is ended before it goes on`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let body =
            #"trap '' TERM; read question; echo '{"checkpoint": {"id": 1}}'; read saved && touch "$0/made"; sleep 600"#
        let error = await #expect(throws: SpawnError.self) {
            try await acquire(body, in: directory) { _ in throw SpawnError(.internal, "the journal is full") }
        }
        #expect(error?.message == "the journal is full")
        #expect((try? Data(contentsOf: URL(filePath: "\(directory.path)/made"))) == nil)
    }

    @Test func `a program of which nobody wants the answer any more is ended`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let (begun, told) = AsyncStream.makeStream(of: Void.self)
        let asking = Task {
            try await acquire(#"read question; echo '{"checkpoint": {"id": 1}}'; read saved; sleep 600"#, in: directory)
            { _ in
                told.yield()
            }
        }
        for await _ in begun { break }
        asking.cancel()
        await #expect(throws: (any Error).self) { try await asking.value }
    }

    @Test func `a program has nothing of our environment but a path, and its words nothing of a child that lives on`()
        async throws
    {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        // The child holds the output open, and is not waited for.
        let body = #"""
            cat /proc/self/environ | tr '\0' '\n' > "$0/environment"
            setsid sleep 600 & echo $! > "$0/child"; echo '{"result": {"host": "h"}}'
            """#
        // Waited for, it would be out of time.
        _ = try await acquire(body, in: directory)
        let child = try text(directory, "child").split(separator: "\n").first.flatMap { pid_t($0) }
        kill(try #require(child), SIGKILL)
        let names = try text(directory, "environment").split(separator: "\n").map { $0.prefix { $0 != "=" } }
        #expect(Set(names).isSubset(of: ["PATH", "PWD", "OLDPWD", "SHLVL", "_"]), "\(names)")
    }

    @Test func `a program is named by its whole path`() async throws {
        for command in [[], ["sh"], ["./x"], ["/bin/sh\0"]] {
            #expect(throws: SpawnError.self) { try PluginProgram(.backend, command: command) }
        }
        let missing = try PluginProgram(.provider, command: ["/nowhere/at/all"])
        let error = await #expect(throws: SpawnError.self) { try await missing.ask("census", ["data": [:]]) }
        #expect(error?.message.contains("/nowhere/at/all") == true)
        #expect(await missing.examine(["data": [:]]).map(\.level) == [.failed])
    }

    @Test func `what is found by an examination is told with the program's name, and silence is well`() async throws {
        let finds =
            #"echo '{"result": {"findings": [{"level": "warning", "subject": "disk", "message": "it is full"}]}}'"#
        let found = await (try PluginProgram(.provider, command: ["/bin/sh", "-c", finds])).examine(["data": [:]])
        #expect(found == [Finding(.warning, "provider /bin/sh: disk", "it is full")])
        let refuses = #"echo '{"error": {"code": "unsupported", "message": "what?"}}'"#
        let refused = await (try PluginProgram(.provider, command: ["/bin/sh", "-c", refuses])).examine(["data": [:]])
        #expect(refused.map(\.level) == [.ok])
    }

    @Test func `of what a program complains, the log has some lines without secrets`() {
        let talk = PluginConversation(PluginConversation.Listener(), hidden: HiddenTexts([Secret(Self.secret)]))
        let near = String(repeating: "x", count: 995) + Self.secret
        #expect(talk.complaint(Array("with \(Self.secret)\u{1B}[2J\r".utf8)) == "with <hidden>\u{FFFD}[2J")
        #expect(talk.complaint(Array(near.utf8))?.contains("s3c") == false)
        for _ in 3..<200 { #expect(talk.complaint([65]) == "A") }
        #expect(talk.complaint([65])?.contains("left out") == true)
        #expect(talk.complaint([65]) == nil)
    }

    @Test func `of a long complaint the beginning is told, and the next line is one again`() async throws {
        let heard = Heard()
        let program = HelperProgram(
            ["/bin/sh", "-c", "head -c 200000 /dev/zero | tr '\\0' x >&2; echo >&2; printf 'next\nlast' >&2"])
        _ = try await program.converse(
            input: [], isKeptOpen: false, complain: { heard.report(String(decoding: $0, as: UTF8.self)) },
            hear: { _ in .nothing })
        #expect(heard.words.map(\.utf8.count) == [65536, 4, 4] && heard.words.last == "last")
    }

    @Test func `every question is one of its kind`() {
        let names = PluginProtocol.calls.map { "\($0.role.rawValue) \($0.action)" }
        #expect(Set(names).count == names.count)
        #expect(Set(PluginProtocol.calls.map(\.role)) == Set(PluginRole.allCases))
        for call in PluginProtocol.calls {
            let fields = call.wholeQuestion.fields + call.result.fields
            #expect(fields.allSatisfy { !$0.summary.isEmpty })
            #expect(
                Set(call.wholeQuestion.fields.map(\.name)).count == call.wholeQuestion.fields.count, "\(call.action)")
            #expect(call.kept.map { kept in call.result.fields.contains { $0.name == kept } } ?? true)
        }
    }
}

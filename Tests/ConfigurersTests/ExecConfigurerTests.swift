import FoundationEssentials
import MultipleSpawner
import PluginContract
import Synchronization
import Testing
import Transport

@testable import Configurers

/// Programs that prepare a machine.
@Suite(.timeLimit(.minutes(1))) struct ExecConfigurerTests {
    private let configurer = ExecConfigurer(stateDirectory: "/state", environment: ["HOME": "/home/hub"])

    /// What was checkpointed.
    private final class Traces: Sendable {
        private let given = Mutex<[Trace]>([])
        private let words = Mutex<[String]>([])

        var all: [Trace] { given.withLock { $0 } }
        var reports: [String] { words.withLock { $0 } }
        var checkpoint: TraceCheckpoint {
            TraceCheckpoint(
                save: { [self] trace in given.withLock { $0.append(trace) } },
                tell: { [self] message in words.withLock { $0.append(message) } })
        }
    }

    private struct NoShell: RemoteShell {
        let place = "nowhere"
        func run(_ command: RemoteCommand) async throws -> RemoteAnswer {
            throw SpawnError(.unsupported, "there is none")
        }
        func follow(_ command: RemoteCommand) async throws -> LogStream {
            throw SpawnError(.unsupported, "there is none")
        }
    }

    private func wanted(_ body: String, _ more: [String: JSONValue] = [:], session: String = "one") throws
        -> Preparation
    {
        var options: [String: JSONValue] = ["command": ["/bin/sh", "-c", .string(body)]]
        options.merge(more) { _, more in more }
        let bound = try ExecConfigurer.options.bind(.object(options))
        return Preparation(
            session: try SessionID(session), identity: try SessionIdentity(hub: "hub", user: "alice"), options: bound,
            written: bound, machine: MachineAddress(host: "gpu-1", port: 2222), account: "root",
            credentials: Credentials(
                account: "alice", keyFile: "/keys/alice", password: "p4ssw0rd", knownHostsFile: "/keys/known"),
            shell: NoShell(), limit: .seconds(20))
    }

    private func asked(_ directory: TemporaryDirectory) throws -> [JSONValue] {
        try #require(directory.text("asked")).split(separator: "\n").map {
            try #require(JSONSource(file: "question", text: String($0)).root?.jsonValue)
        }
    }

    @Test func `a program is told the machine and the way in, and undoes what it checkpointed`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let body = #"""
            read -r q; printf '%s\n' "$q" >> \#(directory.path)/asked
            case "$q" in *'"action":"apply"'*) echo '{"progress": "adding the user"}'; echo '{"checkpoint": {"user": "a"}}'; read x;; esac
            echo '{"result": {}}'
            """#
        let traces = Traces()
        try await configurer.apply(
            try wanted(body, ["options": ["packages": ["a"]], "data": ["site": "north"]]), checkpoint: traces.checkpoint
        )
        #expect(traces.reports == ["adding the user"])
        for trace in traces.all { #expect(!trace.payload.contains("p4ssw0rd") && !trace.payload.contains("packages")) }
        try await configurer.cleanup(try #require(traces.all.last), through: NoShell())
        let asked = try asked(directory)
        #expect(asked.count == 2 && asked[0]["action"] == "apply" && asked[1]["action"] == "cleanup")
        for (question, action) in zip(asked, ["apply", "cleanup"]) {
            let call = try #require(PluginProtocol.calls.first { $0.role == .configurer && $0.action == action })
            _ = try call.wholeQuestion.bind(question)
            #expect(question["machine"] == ["host": "gpu-1", "port": 2222] && question["account"] == "alice")
            #expect(question["key_file"] == "/keys/alice" && question["data"] == ["site": "north"])
            #expect(
                question["known_hosts_files"]
                    == ["/keys/known", "/state/known_hosts", "/home/hub/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"])
        }
        #expect(asked[0]["password"] == "p4ssw0rd" && asked[0]["options"] == ["packages": ["a"]])
        #expect(asked[1]["password"] == nil && asked[1]["trace"] == ["user": "a"])
    }

    @Test func `what a killed program did before its first word is undone where the template says so`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let body =
            #"read -r q; printf '%s\n' "$q" >> \#(directory.path)/asked; case "$q" in *cleanup*) echo '{"result": {}}';; *) kill -9 $$;; esac"#
        let traces = Traces()
        let error = await #expect(throws: SpawnError.self) {
            try await configurer.apply(try wanted(body, ["cleanup": true]), checkpoint: traces.checkpoint)
        }
        #expect(error?.message.contains("'apply'") == true)
        try await configurer.cleanup(try #require(traces.all.first), through: NoShell())
        #expect(try asked(directory).last?["trace"] == .null)
        // Without the option, nothing is kept.
        let none = Traces()
        await #expect(throws: SpawnError.self) {
            try await configurer.apply(try wanted(body), checkpoint: none.checkpoint)
        }
        #expect(none.all.isEmpty)
    }

    @Test func `a placeholder in the command or the data is refused`() async throws {
        for key in ["command", "data"] {
            var wanted = try wanted("exit 0", ["data": ["a": "alice"]])
            var written = wanted.written.objectValue ?? [:]
            written[key] = key == "data" ? ["a": "{username}"] : ["/bin/sh", "-c", "{username}"]
            wanted.written = .object(written)
            let error = await #expect(throws: SpawnError.self) {
                try await configurer.apply(wanted, checkpoint: Traces().checkpoint)
            }
            #expect(error?.code == .invalidRequest && error?.message.contains("'\(key)'") == true)
        }
    }

    private static let tidy = #"""
        read q; case "$q" in *'"action":"apply"'*) echo '{"checkpoint": {"id": 1}}'; read x;; esac; echo '{"result": {}}'
        """#

    @Test(arguments: ConfigurerContract.Promise.allCases)
    func `the contract is kept by a tidy program`(promise: ConfigurerContract.Promise) async throws {
        let contract = ConfigurerContract(configurer) { session in try wanted(Self.tidy, session: session.rawValue) }
        let finding = await contract.check(promise)
        #expect(finding.level == .ok, "\(finding.message)")
    }

    @Test(arguments: [
        (ConfigurerContract.Promise.apply, "exit 3"),
        (
            .again,
            #"case "$q" in *apply*) d=/tmp/$(echo "$q" | cksum | tr -d ' '); mkdir "$d" || { rmdir "$d"; exit 3; };; esac"#
        ),
        (.cleanup, #"case "$q" in *'"action":"cleanup"'*) exit 3;; esac"#),
    ])
    func `the contract is seen to be broken`(promise: ConfigurerContract.Promise, body: String) async throws {
        let program =
            "read q; \(body)\ncase \"$q\" in *apply*) echo '{\"checkpoint\": {\"id\": 1}}'; read x;; esac; echo '{\"result\": {}}'"
        let contract = ConfigurerContract(configurer) { session in try wanted(program, session: session.rawValue) }
        #expect(await contract.check(promise).level == .failed)
    }

    @Test(arguments: AuthenticatorContract.Promise.allCases)
    func `the contract of authenticators is kept by a program of the first kind, and by lines`(
        promise: AuthenticatorContract.Promise
    ) async throws {
        // Nor is the password in the command, which the grant has.
        let plain = #"cat > /dev/null; printf '{"account": "alice",\n "password": "s3c'r3t'", "grant": {"id": 1}}'"#
        let lines = #"read q; echo '{"progress": "soon"}'; echo '{"result": {"account": "alice", "grant": {"id": 1}}}'"#
        for body in [plain, lines] {
            let options = try ProgramAuthenticator.options.bind(["command": ["/bin/sh", "-c", .string(body)]])
            let contract = AuthenticatorContract(ProgramAuthenticator()) { session in
                try .test(options, session: session.rawValue)
            }
            let finding = await contract.check(promise)
            #expect(finding.level == .ok, "\(finding.message)")
        }
    }

    @Test(arguments: [
        (AuthenticatorContract.Promise.grant, #"echo '{"password": "s3c'r3t'", "grant": "s3c'r3t'"}'"#),
        (.again, #"echo "{\"account\": \"a$$\"}""#),
        (.cleanup, #"case "$q" in *'"action":"cleanup"'*) exit 3;; esac"#),
    ])
    func `the contract of authenticators is seen to be broken`(
        promise: AuthenticatorContract.Promise, body: String
    ) async throws {
        let options = try ProgramAuthenticator.options.bind(["command": ["/bin/sh", "-c", .string("read q; \(body)")]])
        let contract = AuthenticatorContract(ProgramAuthenticator()) { session in
            try .test(options, session: session.rawValue)
        }
        #expect(await contract.check(promise).level == .failed)
    }
}

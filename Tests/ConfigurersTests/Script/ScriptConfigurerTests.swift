import FoundationEssentials
import Glibc
import MultipleSpawner
import Testing
import Transport

@testable import Configurers

/// Over a real sshd, by OpenSSH's own client.
@Suite(.timeLimit(.minutes(2))) struct ScriptConfigurerTests {
    private struct Site {
        let directory: TemporaryDirectory
        let machine: TestMachine
        let configurer: ScriptConfigurer
        let shell: ClientShell

        init() async throws {
            directory = try TemporaryDirectory()
            let files = SSHKeyFiles(directory: directory.path, name: "id")
            let key = try await files.make(.ed25519, comment: "")
            machine = try await TestMachine(authorized: ["\(key)"])
            let known = try directory.file("known_hosts", "[127.0.0.1]:\(machine.port) \(machine.hostKey)\n")
            shell = ClientShell(
                machine: machine, credentials: Credentials(keyFile: files.privateFile, knownHostsFile: known))
            configurer = ScriptConfigurer(environment: [
                "MULTIPLE_SPAWNER_CONFIGURER_RESOURCES_PATH": directory.path, "HOME": directory.path,
            ])
        }

        func wanted(_ options: JSONValue, written: JSONValue? = nil) throws -> Preparation {
            Preparation(
                session: try SessionID("one"), identity: try SessionIdentity(hub: "hub", user: "alice"),
                options: try ScriptConfigurer.options.bind(options),
                written: try ScriptConfigurer.options.bind(written ?? options), machine: machine.address, shell: shell,
                limit: .seconds(60))
        }

        @discardableResult func apply(_ options: JSONValue, written: JSONValue? = nil) async throws -> Traces {
            let traces = Traces()
            try await configurer.apply(wanted(options, written: written), checkpoint: traces.checkpoint)
            return traces
        }

        func out(_ name: String) -> String { "\(directory.path)/\(name)" }

        func stop() async {
            await machine.stop()
            directory.remove()
        }
    }

    @Test func `a script runs in what its first line names, with its variables to the letter`() async throws {
        let site = try await Site()
        let evil = "' \" $(touch \(site.out("pwned"))) `x` \\n \n ünï 🦉 e\u{301}'\u{301} -n"
        _ = try site.directory.file(
            "setup.py",
            """
            #!/usr/bin/env python3
            import os, sys
            open(sys.argv[0].replace(sys.argv[0], os.environ["TO"]), "w").write(os.environ["EVIL"])
            assert sys.stdin.read() == ""
            open(os.environ["TO"] + ".name", "w").write(sys.argv[0])

            """)
        let traces = try await site.apply(
            ["script": "setup.py", "environment": ["EVIL": .string(evil), "TO": .string(site.out("seen"))]])
        #expect(site.directory.text("seen") == evil)
        #expect(site.directory.text("pwned") == nil && traces.reports == ["running setup.py"] && traces.all.isEmpty)
        let name = try #require(site.directory.text("seen.name"))
        #expect(access(name, F_OK) != 0, "the script is not left there")
        await site.stop()
    }

    @Test func `commands run one after another until one fails, which is named with its words`() async throws {
        let site = try await Site()
        let error = await #expect(throws: SpawnError.self) {
            try await site.apply([
                "commands": [
                    .string("echo one >\(site.out("seen"))"), "echo said; echo no package here >&2; exit 4",
                    .string("echo three >>\(site.out("seen"))"),
                ]
            ])
        }
        #expect(site.directory.text("seen") == "one\n")
        #expect(error?.code == .backendFailed && error?.details == ["no package here"])
        #expect(error?.message.contains("the command 2 of 3 failed") == true, "\(error as Any)")
        #expect(error?.message.contains("(status 4): no package here") == true)
        await site.stop()
    }

    @Test func `a value that looks secret is in no error`() async throws {
        let site = try await Site()
        let error = await #expect(throws: SpawnError.self) {
            try await site.apply([
                "commands": "echo it is $DOOR_PASSWORD; exit 1", "environment": ["DOOR_PASSWORD": "s3cr3t"],
            ])
        }
        #expect(error?.message.contains("it is <hidden>") == true, "\(error as Any)")
        await site.stop()
    }

    @Test func `a script that takes too long is an error that says so`() async throws {
        let site = try await Site()
        let error = await #expect(throws: SpawnError.self) {
            try await site.apply(["commands": ["true", "sleep 30"], "time_limit": 3])
        }
        #expect(error?.code == .timedOut && error?.message.contains("the command 2 of 2") == true, "\(error as Any)")
        await site.stop()
    }

    @Test func `a placeholder becomes no part of a command or of a path`() async throws {
        let site = try await Site()
        for (key, value) in [("commands", ["echo {USER}"] as JSONValue), ("script", "{USER}.sh")] {
            let error = await #expect(throws: SpawnError.self) {
                try await site.apply([key: "x"].json, written: [key: value].json)
            }
            #expect(error?.code == .invalidRequest && error?.message.contains("'\(key)'") == true, "\(error as Any)")
            await #expect(throws: SpawnError.self) {
                try await site.apply(
                    ["commands": "true", "cleanup": [key: "x"].json],
                    written: ["commands": "true", "cleanup": [key: value].json])
            }
        }
        await site.stop()
    }

    @Test func `what was done is undone from what is kept, twice`() async throws {
        let site = try await Site()
        _ = try site.directory.file("undo.sh", "rm -f \"$WHERE\"\n")
        let place = JSONValue.string(site.out("seen"))
        let traces = try await site.apply([
            "commands": "echo here >\"$WHERE\"", "environment": ["WHERE": place, "NOTE": "n0te"],
            "cleanup": ["script": "undo.sh", "environment": ["WHERE": place]],
        ])
        #expect(site.directory.text("seen") == "here\n")
        let trace = try #require(traces.all.last)
        #expect(!trace.payload.contains("n0te"))
        for _ in 0..<2 {
            try await site.configurer.cleanup(trace, through: site.shell)
            #expect(site.directory.text("seen") == nil)
        }
        await #expect(throws: SpawnError.self) {
            try await site.apply([
                "commands": "true", "cleanup": ["commands": "true", "environment": ["API_TOKEN": "s3cr3t"]],
            ])
        }
        await site.stop()
    }

    @Test func `its signature is that of what is run`() async throws {
        let site = try await Site()
        _ = try site.directory.file("setup.sh", "true\n")
        func signature(_ options: JSONValue) async throws -> String? {
            try await site.configurer.digest(of: site.wanted(options))
        }
        let first = try await signature(["script": "setup.sh"])
        #expect(try await signature(["script": "setup.sh", "time_limit": 9]) == first && first != nil)
        #expect(try await signature(["script": "setup.sh", "environment": ["A": "b"]]) != first)
        #expect(try await signature(["script": "setup.sh", "force": true]) == nil)
        _ = try site.directory.file("setup.sh", "false\n")
        #expect(try await signature(["script": "setup.sh"]) != first)
        await site.stop()
    }

    @Test(
        arguments: [
            [:], ["commands": "true", "script": "x"], ["script": "absent.sh"],
            ["commands": "true", "environment": ["A B": "c"]],
            ["commands": "true", "environment": ["A": "b\u{0}c"]], ["commands": "a\u{0}b"],
        ] as [JSONValue])
    func `what cannot be run is an error`(options: JSONValue) async throws {
        let site = try await Site()
        await #expect(throws: SpawnError.self) { try await site.apply(options) }
        await site.stop()
    }

    @Test func `doctor tells whether the script is there`() async throws {
        let site = try await Site()
        _ = try site.directory.file("setup.sh", "true\n")
        #expect(await site.configurer.examine(["script": "setup.sh"]).map(\.level) == [.ok])
        let absent = await site.configurer.examine(["script": "absent.sh"])
        #expect(absent.map(\.level) == [.failed] && absent.first?.message.contains("absent.sh") == true)
        await site.stop()
    }
}

/// Commands on a test machine, each by an `ssh` of its own.
private struct ClientShell: RemoteShell {
    let machine: TestMachine
    let credentials: Credentials

    var place: String { "127.0.0.1:\(machine.port)" }

    func run(_ command: RemoteCommand) async throws -> RemoteAnswer {
        let answer = try await HelperProgram(try machine.arguments(credentials) + [command.line], limit: command.limit)
            .run(input: command.input)
        return RemoteAnswer(status: answer.status, output: answer.output, errors: answer.errors)
    }

    func follow(_ command: RemoteCommand) async throws -> LogStream {
        throw SpawnError(.unsupported, "nobody follows here")
    }
}

extension [String: JSONValue] {
    fileprivate var json: JSONValue { .object(self) }
}

import FoundationEssentials
import MultipleSpawner
import Testing

@testable import Configurers

@Suite(.timeLimit(.minutes(1))) struct ProgramAuthenticatorTests {
    private let authenticator = ProgramAuthenticator()

    /// A program that keeps what it reads, and answers so.
    private func program(_ directory: TemporaryDirectory, _ body: String) throws -> JSONValue {
        let path = try directory.file("program", "#!/bin/sh\n\(body)\n", mode: 0o700)
        return ["command": [.string(path), .string(directory.path)], "timeout": 20]
    }

    private func read(_ directory: TemporaryDirectory, _ name: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(try #require(directory.text(name)).utf8))
    }

    @Test func `a program makes the way, and closes it with what it answered`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let answer = #"{"account": "alice", "key_file": "/k", "password": "s3cr3t", "grant": {"id": 7}}"#
        var options =
            try program(
                directory, #"n=$(ls "$1" | wc -l); cat > "$1/read$n"; [ "$n" = 1 ] && echo '\#(answer)'; exit 0"#
            )
            .objectValue ?? [:]
        options["data"] = ["ticket": "t1ck3t"]
        let grants = Grants()
        let credentials = try await authenticator.prepare(
            .test(.object(options), machines: [MachineAddress(host: "gpu-1", port: 2222)]),
            checkpoint: grants.checkpoint)
        #expect(credentials.account == "alice" && credentials.keyFile == "/k")
        #expect(credentials.password?.reveal() == "s3cr3t")
        let question = try read(directory, "read1")
        #expect(question["action"] == "prepare" && question["user"] == "alice" && question["session"] == "one")
        #expect(question["data"] == ["ticket": "t1ck3t"] && question["lifetime_minutes"] == 60)
        #expect(question["machines"] == [["host": "gpu-1", "port": 2222]])
        #expect(grants.all.count == 2)
        for grant in grants.all {
            #expect(!grant.payload.contains("s3cr3t") && !grant.payload.contains("t1ck3t"))
        }
        try await authenticator.cleanup(try #require(grants.all.last))
        let end = try read(directory, "read2")
        #expect(end["action"] == "cleanup" && end["grant"] == ["id": 7] && end["session"] == "one")
        // A daemon that was killed before the answer has the session's name alone.
        try await authenticator.cleanup(grants.all[0])
        let early = try read(directory, "read3")
        #expect(early["action"] == "cleanup" && early["grant"] == .null && early["session"] == "one")
    }

    @Test(arguments: [
        ("exit 3", "status 3"), ("kill -9 $$", "signal"), ("echo nonsense", "cannot be read"),
        (#"echo '{"key_file": "k"}'"#, "no whole path"), (#"echo '{"key": "/k"}'"#, "cannot be read"),
    ])
    func `a program that fails or answers nonsense is an error without its words`(body: String, word: String)
        async throws
    {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let options = try program(directory, "cat > /dev/null; echo s3cr3t >&2; \(body)")
        let error = await #expect(throws: SpawnError.self) {
            try await authenticator.prepare(.test(options), checkpoint: Grants().checkpoint)
        }
        #expect(error?.message.contains(word) == true && error?.message.contains("s3cr3t") == false, "\(error as Any)")
    }

    @Test func `a program that takes too long is ended with all that it started`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var options = try program(directory, #"sleep 600 & echo $! > "$1/child"; wait"#).objectValue ?? [:]
        options["timeout"] = 1
        let error = await #expect(throws: SpawnError.self) {
            try await authenticator.prepare(.test(.object(options)), checkpoint: Grants().checkpoint)
        }
        #expect(error?.code == .timedOut)
        let child = try #require(directory.text("child")?.split(separator: "\n").first.map(String.init))
        let state = TemporaryDirectory.status(of: child)
        #expect(state == nil || state == "Z", "the child is \(state ?? "gone")")
    }

    @Test func `a program that is not named by its whole path, or is not there, is an error`() async throws {
        for command in [[], ["sh"], ["/nowhere/at/all"]] as [[JSONValue]] {
            await #expect(throws: SpawnError.self) {
                try await authenticator.prepare(.test(["command": .array(command)]), checkpoint: Grants().checkpoint)
            }
        }
    }
}

extension TemporaryDirectory {
    /// The state of a process, in a letter; `nil` where there is none.
    static func status(of process: String) -> String? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return nil }
        return String(decoding: data, as: UTF8.self).split(separator: ")").last?.split(separator: " ").first
            .map(String.init)
    }
}

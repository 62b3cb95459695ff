import Foundation
import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmHomeTests {
    private func hook(_ hook: JSONValue, user: String = "alice") throws -> HomeHook {
        try #require(try SwarmOptions(["home_hook": hook], user: user).homeHook)
    }

    private func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(lstat(path, &status) == 0, "\(path)")
        return status
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func `A home is made once, with its owner and marker beside it`() async throws {
        let base = try TemporaryDirectory()
        defer { base.remove() }
        let hook = try hook([
            "path": .string("\(base.path)/{service_owner}"), "uid": 4242, "gid": 4343, "mode": "0750",
            "owner_file": "{service_owner}_email.txt", "quota_marker": "{service_owner}_QUOTA_NOT_SET",
        ])
        let directory = try #require(hook.directory)
        try await directory.make(for: "alice")
        let made = try status("\(base.path)/alice")
        #expect(made.st_uid == 4242 && made.st_gid == 4343 && made.st_mode & 0o7777 == 0o750)
        #expect(try text("\(base.path)/alice_email.txt") == "alice\n")
        #expect(try text("\(base.path)/alice_QUOTA_NOT_SET") == "")

        // The job that sets quotas has been here, and the user has changed the mode.
        #expect(unlink("\(base.path)/alice_QUOTA_NOT_SET") == 0)
        #expect(chmod("\(base.path)/alice", 0o700) == 0)
        try await directory.make(for: "alice")
        #expect(access("\(base.path)/alice_QUOTA_NOT_SET", F_OK) != 0)
        #expect(try status("\(base.path)/alice").st_mode & 0o7777 == 0o700)
    }

    @Test func `What an attempt that was cut short left undone is done by the next`() throws {
        let base = try TemporaryDirectory()
        defer { base.remove() }
        let directory = try #require(
            try hook([
                "path": .string("\(base.path)/home"), "uid": 4242, "gid": 4242, "owner_file": "owner",
                "quota_marker": "marker",
            ]).directory)
        #expect(mkdir("\(base.path)/home", 0o700) == 0)
        try directory.makeNow(for: "alice")
        #expect(try status("\(base.path)/home").st_uid == 4242)
        #expect(try text("\(base.path)/owner") == "alice\n")
        #expect(access("\(base.path)/marker", F_OK) == 0)
    }

    @Test func `A home that somebody has is left as it is`() throws {
        let base = try TemporaryDirectory()
        defer { base.remove() }
        #expect(mkdir("\(base.path)/home", 0o755) == 0)
        #expect(chown("\(base.path)/home", 77, 77) == 0)
        try #require(try hook(["path": .string("\(base.path)/home")]).directory).makeNow(for: "alice")
        #expect(try status("\(base.path)/home").st_uid == 77)
    }

    @Test func `A link and a file in the home's place are refused, and a missing file server is told`() throws {
        let base = try TemporaryDirectory()
        defer { base.remove() }
        #expect(symlink("/etc", "\(base.path)/home") == 0)
        let directory = try #require(try hook(["path": .string("\(base.path)/home")]).directory)
        #expect(SwarmTest.refusal { try directory.makeNow(for: "a") }.contains("is it a directory?"))
        let missing = try #require(try hook(["path": .string("\(base.path)/nfs/home")]).directory)
        #expect(SwarmTest.refusal { try missing.makeNow(for: "a") }.contains("the directory above is missing"))
    }

    @Test func `A link in the place of a file beside the home is not followed`() throws {
        let base = try TemporaryDirectory()
        defer { base.remove() }
        #expect(symlink("\(base.path)/elsewhere", "\(base.path)/owner") == 0)
        let options: JSONValue = ["path": .string("\(base.path)/home"), "quota_marker": "owner"]
        try #require(try hook(options).directory).makeNow(for: "a")
        #expect(access("\(base.path)/elsewhere", F_OK) != 0)
    }

    @Test(
        arguments: [
            (["path": "home"], "whole path"), (["path": "/a/../b"], "'..'"), (["path": "/"], "below it"),
            (["path": "/a", "owner_file": "../x"], "'..'"), (["uid": 1], "neither 'path' nor 'command'"),
            (["command": ["make-home"]], "whole path"),
        ] as [(JSONValue, String)])
    func `A hook that cannot work is refused`(options: JSONValue, reason: String) {
        #expect(SwarmTest.refusal { try hook(options) }.contains(reason))
    }

    // MARK: Programs

    private func run(_ script: String, timeout: JSONValue = 20, data: JSONValue = [:]) async throws
        -> [MountSpecification]
    {
        signal(SIGPIPE, SIG_IGN)
        let plan = try SwarmTest.plan([
            "home_hook": ["command": ["/bin/sh", "-c", .string(script)], "timeout": timeout, "data": data]
        ])
        let options = try SwarmOptions(plan)
        return try await #require(options.homeHook).prepare(plan, options)
    }

    private func refusal(_ body: () async throws -> some Any) async -> SpawnError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? SpawnError
        }
    }

    @Test func `A program reads whose session it is, and answers with mounts`() async throws {
        let base = try TemporaryDirectory()
        defer { base.remove() }
        let mounts = try await run(
            """
            cat > \(base.path)/question
            echo '{"mounts": [{"type": "bind", "source": "/srv/alice", "target": "/home/jovyan"}]}'
            """, data: ["key": "k for {service_owner}"])
        #expect(mounts == [MountSpecification(kind: .bind, source: "/srv/alice", target: "/home/jovyan")])
        let question = try JSONDecoder().decode(
            JSONValue.self, from: Data(contentsOf: URL(filePath: "\(base.path)/question")))
        #expect(question["user"] == "alice" && question["service_owner"] == "alice" && question["hub"] == "h")
        #expect(question["data"] == ["key": "k for alice"])
        #expect(!question.text.contains("t0ken"))
    }

    @Test func `A program that reads nothing and says nothing asks for no mounts`() async throws {
        #expect(try await run("exec true") == [])
    }

    @Test func `A program has nothing of the daemon's environment`() async throws {
        setenv("MULTIPLESPAWNER_TEST_SECRET", "hush", 1)
        defer { unsetenv("MULTIPLESPAWNER_TEST_SECRET") }
        #expect(await refusal { try await run("test -z \"$MULTIPLESPAWNER_TEST_SECRET\"") } == nil)
    }

    @Test func `A program that fails ends the start; what it complained of is for the log`() async {
        let error = await refusal { try await run("echo quota exceeded >&2; exit 3") }
        #expect(error?.code == .backendFailed)
        #expect(error?.message == "the home hook '/bin/sh' failed (status 3)")
        #expect(error?.cause?.contains("quota exceeded") == true)
    }

    @Test(arguments: ["nonsense", #"{"mounts": [{"target": "home"}]}"#, #"{"mount": []}"#, #"["x"]"#])
    func `An answer that is no list of mounts is refused`(answer: String) async {
        let error = await refusal { try await run("echo '\(answer)'") }
        #expect(error?.message.contains("no list of mounts") == true)
    }

    @Test func `A program that is not there is told`() async throws {
        let plan = try SwarmTest.plan(["home_hook": ["command": ["/no/such/program"]]])
        let options = try SwarmOptions(plan)
        let error = await refusal { try await #require(options.homeHook).prepare(plan, options) }
        #expect(error?.message.contains("'/no/such/program' cannot be run") == true)
    }

    @Test func `A program that takes too long is ended with all that it started`() async throws {
        let base = try TemporaryDirectory()
        defer { base.remove() }
        let error = await refusal {
            try await run("sleep 987 & echo $! > \(base.path)/child; trap '' TERM; sleep 987", timeout: 0.5)
        }
        #expect(error?.code == .timedOut)
        let child = try #require(Int32(try text("\(base.path)/child").trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(!Self.runs(child))
    }

    @Test func `Cancelling the start ends the program`() async throws {
        let base = try TemporaryDirectory()
        defer { base.remove() }
        let started = "\(base.path)/started"
        let task = Task { try await run("echo $$ > \(started).new; mv \(started).new \(started); exec sleep 987") }
        while access(started, F_OK) != 0 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let child = try #require(Int32(try text(started).trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(!Self.runs(child))
    }

    /// Whether the process is there and more than a zombie that nobody has taken yet.
    private static func runs(_ process: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return status.split(separator: ")").last?.split(separator: " ").first != "Z"
    }
}

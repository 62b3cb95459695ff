import Glibc
import MultipleSpawner
import Testing

@testable import Backends

/// These become other accounts of the machine, which only root can.
@Suite(.enabled(if: geteuid() == 0, "only root can take on another account"))
struct `A server under its user's account` {
    /// What a process says of itself.
    private func facts(
        _ test: LocalTest, user: String, script: String, options: [String: JSONValue] = [:]
    ) async throws -> [Substring] {
        var options = options
        options["cmd"] = ["/bin/sh", "-c", .string(script)]
        var plan = try test.plan(options: options, user: user)
        plan.environment["KEPT"] = "yes"
        let backend = LocalUserBackend(test.machine)
        let checkpoints = Checkpoints()
        let ends = backend.changes()
        _ = try await backend.start(plan, checkpoint: checkpoints.checkpoint)
        let handle = try #require(checkpoints.handles.last)
        for await ended in ends where ended == handle { break }
        let text = try await backend.logs(handle, follow: false).reduce(into: [UInt8]()) { $0 += $1 }
        try await backend.stop(handle, grace: .zero)
        return String(decoding: text, as: UTF8.self).split(separator: "\n")
    }

    @Test(arguments: ["games", "nobody", "www-data"])
    func `has its uid, gid, groups and home, and nothing of ours`(user: String) async throws {
        let test = try LocalTest()
        defer { test.remove() }
        setenv("MULTIPLESPAWNER_TEST_LEAK", "leaked", 1)
        defer { unsetenv("MULTIPLESPAWNER_TEST_LEAK") }
        let account = try LocalAccount.named(user)
        let lines = try await facts(
            test, user: user, script: "id -u; id -ru; id -g; id -G; umask; grep CapEff /proc/self/status; env",
            options: ["least_uid": 1])
        let groups = Set(lines[3].split(separator: " ").compactMap { UInt32($0) })
        #expect(lines[0] == "\(account.uid)" && lines[1] == "\(account.uid)" && lines[2] == "\(account.gid)")
        #expect(groups == Set(account.groups))
        #expect(lines[4] == "0022")
        #expect(lines[5].hasSuffix("0000000000000000"))
        let environment = Set(lines[6...])
        #expect(environment.contains("USER=\(user)") && environment.contains("LOGNAME=\(user)"))
        #expect(environment.contains("HOME=\(account.home)") && environment.contains("SHELL=\(account.shell)"))
        #expect(environment.contains("KEPT=yes"))
        #expect(!environment.contains { $0.hasPrefix("MULTIPLESPAWNER_TEST_LEAK") })
        // PWD and OLDPWD are the shell's own.
        let names = Set(environment.map { $0.prefix { $0 != "=" } }).subtracting(["PWD", "OLDPWD", "_", "SHLVL"])
        #expect(
            names == [
                "HOME", "JUPYTERHUB_SERVICE_URL", "KEPT", "LOGNAME", "MULTIPLESPAWNER_BACKEND", "MULTIPLESPAWNER_HUB",
                "MULTIPLESPAWNER_OWNER", "MULTIPLESPAWNER_SERVER", "MULTIPLESPAWNER_SESSION", "MULTIPLESPAWNER_USER",
                "PATH", "SHELL", "USER",
            ])
    }

    @Test func `cannot go back to root, nor read its own log or the daemon's descriptors`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let secret = open("/etc/shadow", O_RDONLY)
        defer { close(secret) }
        let lines = try await facts(
            test, user: "nobody",
            script: """
                ls /proc/self/fd | wc -l
                perl -e 'open(LOG, "<", "/proc/self/fd/1") and print "read\\n"'
                (exec 3<&\(secret)) 2>/dev/null && echo inherited
                perl -e '$> = 0; $< = 0; print "uid $>\\n"'
                cut -d' ' -f6 /proc/self/stat
                """)
        // The standard streams, and the one that `ls` opens itself.
        #expect(lines[0] == "4")
        #expect(!lines.contains("read") && !lines.contains("inherited"))
        #expect(lines.contains("uid 65534"))
    }

    @Test func `is refused for accounts that are none, system accounts and root`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let refusals: [(user: String, options: [String: JSONValue], code: SpawnError.Code)] = [
            ("no-such-account", [:], .invalidRequest), ("games", [:], .forbidden), ("root", [:], .forbidden),
            ("root", ["least_uid": 0], .forbidden), ("1000", [:], .invalidRequest), ("-rf", [:], .invalidRequest),
            ("nobody", ["least_uid": 65535], .forbidden),
        ]
        for refusal in refusals {
            let plan = try test.plan(options: refusal.options, user: refusal.user)
            let checkpoints = Checkpoints()
            let error = await #expect(throws: SpawnError.self) {
                try await LocalUserBackend(test.machine).start(plan, checkpoint: checkpoints.checkpoint)
            }
            #expect(error?.code == refusal.code, "\(refusal)")
            #expect(error?.message.contains(refusal.user) == true, "\(refusal)")
            #expect(checkpoints.handles.isEmpty)
        }
        #expect(try await facts(test, user: "root", script: "id -u", options: ["allow_root": true]) == ["0"])
    }

    @Test func `is refused by the shim itself when the check above was passed by`() throws {
        let test = try LocalTest()
        defer { test.remove() }
        var plan = try test.plan(user: "games")
        plan.options = ["least_uid": 1]
        let place = try LocalPlace(plan, LocalOptions(plan.options, switchesAccount: true))
        let launch = Launch(
            executable: "/bin/true", arguments: ["true"], environment: [], place: place, leastUID: 1000,
            openFileLimit: nil)
        let error = #expect(throws: SpawnError.self) {
            try launch.run(log: test.machine.log(of: plan.id), cgroup: LocalCgroup(paths: []))
        }
        #expect(error?.code == .forbidden)
    }

    @Test func `starts in its home, or in the root where there is none, or where the template says`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        #expect(try await facts(test, user: "nobody", script: "pwd") == ["/"])
        #expect(try await facts(test, user: "games", script: "pwd", options: ["least_uid": 1]).count == 1)
        #expect(
            try await facts(test, user: "nobody", script: "pwd", options: ["working_directory": "/usr/share"])
                == ["/usr/share"])
        let plan = try test.plan(options: ["notebook_dir": "~/none"], user: "nobody")
        let error = await #expect(throws: SpawnError.self) {
            try await LocalUserBackend(test.machine).start(plan, checkpoint: Checkpoints().checkpoint)
        }
        #expect(error?.message.contains("/nonexistent/none") == true)
    }

    @Test func `keeps to the kind that its handle names`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let backend = LocalUserBackend(test.machine)
        let plan = try test.plan(["--silent"], user: "nobody")
        let checkpoints = Checkpoints()
        // The tiny server lies in the build directory, which the account may not enter; the shell is everywhere.
        var reachable = plan
        reachable.command = ["/bin/sh", "-c", "exec sleep 600"]
        _ = try await backend.start(reachable, checkpoint: checkpoints.checkpoint)
        let handle = try #require(checkpoints.handles.last)
        #expect(handle.backend == "local_user")
        #expect(try LocalHandle(handle).uid == 65534)
        #expect(try await backend.census().residents.contains { $0.session == plan.id })
        #expect(try await !test.backend.census().residents.contains { $0.session == plan.id })
        try await backend.stop(handle, grace: .seconds(1))
    }
}

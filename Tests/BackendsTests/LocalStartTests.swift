import Glibc
import MultipleSpawner
import Testing

@testable import Backends

@Suite struct `The start of a local server` {
    @Test func `on a port that a stranger took is told as worth another try`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        // The stranger binds to the port that the session was given, while the session is still silent.
        let (victim, endpoint) = try await test.start(["--silent"])
        let (stranger, _) = try await test.start(
            environment: ["JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/"], port: endpoint.port)
        let error = try await test.failure(victim, endpoint)
        #expect(error.code == .unavailable)
        #expect(error.message.contains("\(endpoint.port)"))

        // The same when the session has died of it.
        kill(try LocalHandle(victim).pid, SIGKILL)
        try await test.wait { await test.backend.poll([victim]).first?.state != .running }
        #expect(try await test.failure(victim, endpoint).code == .unavailable)
        try await test.backend.stop(victim, grace: .zero)
        #expect(await test.backend.poll([stranger]) == [Observation(stranger, .running)])

        // A port that the template wants and that is taken is told before anything is started.
        let plan = try test.plan(options: ["port": .integer(endpoint.port)])
        let checkpoints = Checkpoints()
        let taken = await #expect(throws: SpawnError.self) {
            try await test.backend.start(plan, checkpoint: checkpoints.checkpoint)
        }
        #expect(taken?.code == .unavailable)
        #expect(checkpoints.handles.isEmpty)
        try await test.backend.stop(stranger, grace: .zero)
    }

    private static let addresses =
        ["127.0.0.1", "0.0.0.0", "", "*", "localhost"]
        + ((try? SystemFile.read("/proc/net/if_inet6"))?.isEmpty == false ? ["::1", "::"] : [])

    @Test(arguments: addresses)
    func `binds where it is told`(address: String) async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let options: [String: JSONValue] = ["ip": .string(address)]
        let (handle, endpoint) = try await test.start(options: options)
        try await test.answer(handle, endpoint)
        try await test.backend.stop(handle, grace: .seconds(1))
    }

    @Test func `keeps the path and scheme of the hub's URL`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let printing: JSONValue = ["/bin/sh", "-c", "echo $JUPYTERHUB_SERVICE_URL"]
        let (handle, endpoint) = try await test.start(
            options: ["cmd": printing],
            environment: ["JUPYTERHUB_SERVICE_URL": "https://127.0.0.1:0/hub/user/a%40b/", "PATH": "/bin"])
        #expect(endpoint.scheme == .https)
        try await test.wait {
            try await test.log(handle) == "https://127.0.0.1:\(endpoint.port)/hub/user/a%40b/\n"
        }
        try await test.backend.stop(handle, grace: .zero)

        let service = ServiceURL(hubURL: nil, prefix: "/user/alice/", address: "::1", port: 80)
        #expect(service.text == "http://[::1]:80/user/alice/")
        #expect(ServiceURL(service.text) == service)
        #expect(ServiceURL("http://127.0.0.1/") == nil)
        #expect(ServiceURL("nonsense") == nil)
        #expect(ServiceURL("") == nil)
    }

    @Test func `hands hostile values over unchanged`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let values = [
            "$(touch /tmp/pwned)", "`id`", "a\nb", "'\"\\", "\u{202E}evil", "=", "", "é\u{301}", "; rm -rf ~", "%s%n",
            // To a shell a quote, to Swift another character.
            "'\u{301}; echo broken; '\u{301}",
            String(repeating: "x", count: 100_000),
        ]
        var environment: [String: Secret] = ["PATH": "/usr/bin:/bin"]
        for (number, value) in values.enumerated() { environment["HOSTILE_\(number)"] = Secret(value) }
        let arguments = values.map { JSONValue.string($0) }
        let (handle, _) = try await test.start(
            options: [
                "cmd": ["perl", "-e", "print join(\"\\0\", @ARGV, map { $ENV{\"HOSTILE_$_\"} } 0..11), \"\\0end\""],
                "args": .array(arguments),
            ],
            environment: environment)
        try await test.wait { try await test.log(handle).hasSuffix("\0end") }
        let printed = try await test.log(handle).split(separator: "\0", omittingEmptySubsequences: false).dropLast()
        #expect(printed.map(String.init) == values + values)
        try await test.backend.stop(handle, grace: .zero)

        // The same through a shell, which sees each word quoted.
        let (shell, _) = try await test.start(options: [
            "cmd": ["perl", "-e", "print join(\"\\0\", @ARGV), \"\\0end\""], "args": .array(arguments),
            "shell_cmd": ["/bin/sh", "-c"],
        ])
        try await test.wait { try await test.log(shell).hasSuffix("\0end") }
        #expect(
            try await test.log(shell).split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(
                String.init)
                == values)
        try await test.backend.stop(shell, grace: .zero)
    }

    @Test func `refuses what a process cannot be given, and names it`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let attempts: [(options: [String: JSONValue], environment: [String: Secret], named: String)] = [
            ([:], ["TOKEN": "se\0cret"], "TOKEN"), ([:], ["": "x"], "environment's name"), ([:], ["A=B": "x"], "A=B"),
            ([:], ["A\0B": "x"], "environment's name"), (["args": ["a\0b"]], [:], "'args'"),
            (["cmd": ["no-such-program-here"]], ["PATH": "/bin"], "no-such-program-here"),
            (["cmd": ["/etc/passwd"]], [:], "/etc/passwd"), (["cmd": ["/bin"]], [:], "/bin"),
            (["working_directory": "/no/such/place"], [:], "/no/such/place"),
            (["ip": "a.host.name"], [:], "a.host.name"),
            (["ip": "999.1.1.1"], [:], "999.1.1.1"), (["ip": "8.8.8.8"], [:], "8.8.8.8"),
            (["environment": ["BIG": .string(String(repeating: "x", count: 3_000_000))]], [:], "too long"),
        ]
        for attempt in attempts {
            var plan = try test.plan(options: attempt.options)
            plan.environment = attempt.environment
            let checkpoints = Checkpoints()
            let error = await #expect(throws: SpawnError.self, "\(attempt.named)") {
                try await test.backend.start(plan, checkpoint: checkpoints.checkpoint)
            }
            #expect(error?.message.contains(attempt.named) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("cret") != true)
            #expect(checkpoints.handles.isEmpty)
            #expect(access(test.machine.log(of: plan.id).path, F_OK) != 0, "\(attempt.named)")
            for hierarchy in test.machine.hierarchies {
                #expect(access("\(hierarchy.base)/\(plan.id.rawValue)", F_OK) != 0, "\(attempt.named)")
            }
        }
    }

    @Test func `finds relative commands in the server's own PATH`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let tool = "\(test.directory)/tool"
        #expect(symlink("/bin/sh", tool) == 0)
        let (handle, _) = try await test.start(
            options: ["cmd": ["tool", "-c", "echo found; echo $PATH"]],
            environment: ["PATH": Secret("/nowhere:\(test.directory)")])
        try await test.wait { try await test.log(handle) == "found\n/nowhere:\(test.directory)\n" }
        try await test.backend.stop(handle, grace: .zero)
    }

    @Test func `takes the template's values over the hub's`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        var plan = try test.plan(options: [
            "cmd": ["/bin/sh", "-c", "echo $WHO $(pwd) $JUPYTERHUB_ROOT_DIR $HOME $USER; exec sleep 60"],
            "environment": ["WHO": "template"], "notebook_dir": "~/work",
            "home_dir_template": .string("\(test.directory)/homes/{username}"),
        ])
        #expect(mkdir("\(test.directory)/homes", 0o755) == 0)
        #expect(mkdir("\(test.directory)/homes/alice", 0o755) == 0)
        #expect(mkdir("\(test.directory)/homes/alice/work", 0o755) == 0)
        plan.environment["WHO"] = "hub"
        plan.settings.notebookDirectory = "/usr"
        plan.settings.address = "999.999.999.999"
        if case .object(var options) = plan.options {
            options["ip"] = "127.0.0.1"
            plan.options = .object(options)
        }
        let checkpoints = Checkpoints()
        let endpoint = try await test.backend.start(plan, checkpoint: checkpoints.checkpoint)
        #expect(endpoint.host == "127.0.0.1")
        let handle = try #require(checkpoints.handles.last)
        let home = "\(test.directory)/homes/alice"
        try await test.wait { try await test.log(handle) == "template \(home)/work \(home)/work \(home) alice\n" }
        try await test.backend.stop(handle, grace: .zero)
    }

    @Test func `does not use a home that is a link`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        #expect(symlink("/etc", "\(test.directory)/alice") == 0)
        let plan = try test.plan(options: ["home_dir_template": .string("\(test.directory)/{username}")])
        let error = await #expect(throws: SpawnError.self) {
            try await test.backend.start(plan, checkpoint: Checkpoints().checkpoint)
        }
        #expect(error?.code == .forbidden)
    }

    @Test func `resets signals and masks, and leaves descriptors and the limit on them behind`() async throws {
        let test = try LocalTest(openFileLimit: 512)
        defer { test.remove() }
        signal(SIGPIPE, SIG_IGN)
        let descriptor = open("/etc/passwd", O_RDONLY)
        defer { close(descriptor) }
        // Asked of the process itself: a shell, and Perl too, change their own signals.
        let ends = test.backend.changes()
        let (handle, _) = try await test.start(options: [
            "cmd": ["grep", "-hE", "^Sig(Blk|Ign)|^Max open files", "/proc/self/status", "/proc/self/limits"]
        ])
        for await ended in ends where ended == handle { break }
        let lines = try await test.log(handle).split(separator: "\n")
        try #require(lines.count == 3)
        #expect(lines[0] == "SigBlk:\t0000000000000000")
        #expect(lines[1] == "SigIgn:\t0000000000000000")
        #expect(lines[2].split(separator: " ")[3] == "512")
        try await test.backend.stop(handle, grace: .zero)

        let (listing, _) = try await test.start(options: ["cmd": ["ls", "/proc/self/fd"]])
        // The standard streams, and the directory that it reads them from.
        try await test.wait { try await test.log(listing) == "0\n1\n2\n3\n" }
        try await test.backend.stop(listing, grace: .zero)
    }

    @Test func `that is cancelled before the fork leaves nothing`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let plan = try test.plan()
        let checkpoints = Checkpoints()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await test.backend.start(plan, checkpoint: checkpoints.checkpoint)
        }
        await #expect(throws: SpawnError.self) { try await task.value }
        #expect(checkpoints.handles.isEmpty)
        #expect(try await !test.backend.census().residents.contains { $0.session == plan.id })
        #expect(access(test.machine.logDirectory, F_OK) != 0)
    }

    @Test func `that could not be written down is undone, also in a cancelled task`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let plan = try test.plan(["--deaf", "--stray"])
        let task = Task {
            try await test.backend.start(
                plan,
                checkpoint: Checkpoint(save: { _ in
                    withUnsafeCurrentTask { $0?.cancel() }
                    throw SpawnError(.internal, "the journal is full")
                }))
        }
        let error = await #expect(throws: SpawnError.self) { try await task.value }
        #expect(error?.message == "the journal is full")
        #expect(try await !test.backend.census().residents.contains { $0.session == plan.id })
    }

    @Test func `is examined without a trace`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let fine = await test.backend.examine(["cmd": .array([.string(FakeServer.path)])])
        #expect(!fine.contains { $0.level == .failed })
        let missing = await test.backend.examine(["cmd": ["no-such-program-here"]])
        #expect(missing.contains { $0.level == .failed && $0.subject == "local: no-such-program-here" })
        let switching = await LocalUserBackend(test.machine).examine([:])
        #expect(switching.contains { $0.subject == "local: accounts" && ($0.level == .ok) == (geteuid() == 0) })
    }
}

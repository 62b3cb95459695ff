import Glibc
import MultipleSpawner
import Testing

@testable import Backends

@Suite struct `A limit of a local server` {
    private static let hasCgroups = LocalCgroup.obstacle(to: "memory", in: CgroupHierarchy.all()) == nil

    @Test(.enabled(if: hasCgroups, "no cgroup can be written here"))
    func `of memory is kept by the kernel`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let limit = 64 << 20
        let (fits, _) = try await test.start(["--eat", "16", "--silent"], options: ["mem_limit": .integer(limit)])
        try await test.wait { try await test.log(fits).contains("ate 16") }
        #expect(await test.backend.poll([fits]) == [Observation(fits, .running)])

        let (bursts, endpoint) = try await test.start(["--eat", "256"], options: ["mem_limit": .integer(limit)])
        try await test.wait { await test.backend.poll([bursts]).first?.state == .exited(-9) }
        let error = await #expect(throws: SpawnError.self) {
            try await test.backend.isAnswering(bursts, at: endpoint)
        }
        #expect(error?.message.contains("signal 9") == true)
        try await test.backend.stop(fits, grace: .zero)
        try await test.backend.stop(bursts, grace: .zero)
        for path in try LocalHandle(fits).cgroups { #expect(access(path, F_OK) != 0, "\(path)") }
    }

    @Test(
        .enabled(if: LocalCgroup.obstacle(to: "cpu", in: CgroupHierarchy.all()) == nil, "no cgroup can be written here")
    )
    func `of cpu is kept by the kernel`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let (handle, _) = try await test.start(["--spin"], options: ["cpu_limit": 0.2])
        let pid = try LocalHandle(handle).pid
        /// Processor time in ticks of 10 ms: fields 14 and 15 of its stat line.
        func ticks() throws -> Int {
            let fields =
                try SystemFile.text("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
            return try #require(Int(fields[11])) + #require(Int(fields[12]))
        }
        let (clock, first) = (ContinuousClock(), try ticks())
        let begin = clock.now
        try await Task.sleep(for: .seconds(1.5))
        let used = Double(try ticks() - first) / 100
        let seconds = (clock.now - begin) / .seconds(1)
        // 20 % of one core; a loop without a limit takes all of one, or half where two share it with others.
        #expect(used / seconds < 0.32, "\(used) of \(seconds)")
        #expect(used > 0)
        try await test.backend.stop(handle, grace: .zero)
    }

    @Test(.enabled(if: hasCgroups, "no cgroup can be written here"))
    func `is told to the server`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let (handle, _) = try await test.start(
            options: [
                "mem_limit": 268_435_456, "cpu_limit": 1.5, "cmd": ["/bin/sh", "-c", "echo $MEM_LIMIT $CPU_LIMIT"],
            ])
        try await test.wait { try await test.log(handle) == "268435456 1.5\n" }
        try await test.backend.stop(handle, grace: .zero)
    }

    @Test func `is refused where the machine cannot keep it`() async throws {
        let test = try LocalTest(hierarchies: [])
        defer { test.remove() }
        for options: [String: JSONValue] in [["mem_limit": 1_000_000_000], ["cpu_limit": 1]] {
            let plan = try test.plan(options: options)
            let checkpoints = Checkpoints()
            let error = await #expect(throws: SpawnError.self) {
                try await test.backend.start(plan, checkpoint: checkpoints.checkpoint)
            }
            #expect(error?.code == .unsupported)
            #expect(error?.message.contains("limit cannot be kept") == true)
            #expect(checkpoints.handles.isEmpty)
            let findings = await test.backend.examine(.object(options))
            #expect(findings.contains { $0.level == .failed && $0.message.contains("controller") })
        }
        // A file system that says no, and says why.
        let locked = try LocalTest(hierarchies: [
            CgroupHierarchy(isUnified: false, controllers: ["memory", "cpu"], parent: "/proc/self")
        ])
        defer { locked.remove() }
        let plan = try locked.plan(options: ["mem_limit": 1_000_000_000])
        let error = await #expect(throws: SpawnError.self) {
            try await locked.backend.start(plan, checkpoint: Checkpoints().checkpoint)
        }
        #expect(error?.code == .unsupported)
    }

    @Test func `of the template wins over the hub's, and what the user chose may only be less`() async throws {
        let gigabyte = 1 << 30
        /// Which limit a start asks the machine for, as the message of a machine without any tells.
        func asked(template: Int?, chosen: Int?, hub: Int?) throws -> Int? {
            var options: [String: JSONValue] = [:]
            if let template { options["mem_limit"] = .integer(template * gigabyte) }
            let test = try LocalTest(hierarchies: [])
            defer { test.remove() }
            var plan = try test.plan(options: options)
            plan.limits.memory = chosen.map { $0 * gigabyte }
            plan.settings.memoryLimit = hub.map { $0 * gigabyte }
            return LocalOptions(plan.options, switchesAccount: false).memoryLimit(over: plan).map { $0 / gigabyte }
        }
        #expect(try asked(template: nil, chosen: nil, hub: nil) == nil)
        #expect(try asked(template: nil, chosen: nil, hub: 2) == 2)
        #expect(try asked(template: 4, chosen: 2, hub: 2) == 4)
        #expect(try asked(template: 4, chosen: 1, hub: 2) == 1)
        #expect(try asked(template: 4, chosen: 8, hub: nil) == 4)
        #expect(try asked(template: nil, chosen: 8, hub: 2) == 8)
    }

    /// The kernel kills a child that is started inside a group on which `cgroup.kill` was used before.
    @Test(.enabled(if: CgroupHierarchy.all().contains { $0.isUnified && access($0.parent, W_OK) == 0 }))
    func `does not fall to a group that was killed once`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let plan = try test.plan(["--silent"])
        let cgroup = try LocalCgroup.make(plan.id, memory: nil, cpu: nil, in: test.machine.hierarchies)
        try SystemFile.write("1", to: "\(try #require(cgroup.unified))/cgroup.kill")
        let place = try LocalPlace(plan, LocalOptions(plan.options, switchesAccount: false))
        let launch = Launch(
            executable: FakeServer.path, arguments: plan.command, environment: [], place: place, leastUID: 0,
            openFileLimit: nil)
        let (pid, descriptor) = try launch.run(log: test.machine.log(of: plan.id), cgroup: cgroup)
        close(descriptor)
        #expect(cgroup.members == [pid])
        cgroup.kill()
        #expect(waitpid(pid, nil, 0) == pid)
        await cgroup.remove(within: .seconds(2))
        #expect(cgroup.paths.allSatisfy { access($0, F_OK) != 0 })
    }

    @Test func `finds its hierarchies in both versions, in containers and where a group is named`() {
        let two = """
            25 1 0:1 / / rw - ext4 /dev/root rw
            30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
            """
        let unified = CgroupHierarchy.all(mounts: two, memberships: "0::/none/here", group: nil)
        #expect(unified.map(\.isUnified) == [true])
        // A group that cannot be seen below the mount is not guessed at.
        #expect(unified.map(\.parent) == ["/sys/fs/cgroup"])

        let one = """
            33 32 0:29 / /tmp rw - cgroup cgroup rw,cpu,cpuacct
            34 32 0:30 /usr /usr rw - cgroup cgroup rw,memory
            35 32 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
            """
        let memberships = "3:memory:/usr/share\n2:cpu,cpuacct:/\n1:pids:/x\n"
        let legacy = CgroupHierarchy.all(mounts: one, memberships: memberships, group: nil)
        #expect(legacy.map(\.parent) == ["/tmp", "/usr/share"])
        #expect(legacy.map(\.controllers) == [["cpu"], ["memory"]])
        #expect(legacy.allSatisfy { !$0.isUnified })
        #expect(CgroupHierarchy.all(mounts: one, memberships: memberships, group: "/bin").last?.parent == "/usr/bin")
        #expect(CgroupHierarchy.all(mounts: one, memberships: memberships, group: "/../etc").last?.parent == "/usr")
    }
}

import Glibc
import MultipleSpawner
import Testing

@testable import Backends

@Suite struct `The local backend` {
    @Test func `starts a server in a session of its own, sees it answer, and ends it`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let (handle, endpoint) = try await test.start(["--stray"])
        try await test.answer(handle, endpoint)
        let local = try LocalHandle(handle)
        let status = try #require(try ProcessStatus.read(local.pid))
        #expect(status.session == local.pid)
        #expect(status.group == local.pid)
        #expect(try await test.log(handle).contains("ready"))

        try await test.backend.stop(handle, grace: .seconds(5))
        #expect(try ProcessStatus.read(local.pid) == nil)
        #expect(await test.backend.poll([handle]) == [Observation(handle, .exited(nil))])
        for path in local.cgroups { #expect(access(path, F_OK) != 0, "\(path)") }
        #expect(access(try #require(local.log), F_OK) != 0)
    }

    @Test(arguments: [true, false])
    func `kills grandchildren that left for sessions of their own`(withCgroup: Bool) async throws {
        let test = try LocalTest(hierarchies: withCgroup ? nil : [])
        defer { test.remove() }
        let (handle, endpoint) = try await test.start(["--stray", "--deaf"])
        try await test.answer(handle, endpoint)
        let stray = try await test.stray(handle)
        let local = try LocalHandle(handle)
        #expect(withCgroup || local.cgroups.isEmpty)
        #expect(try ProcessStatus.read(stray)?.session == stray)

        let clock = ContinuousClock()
        let took = try await clock.measure { try await test.backend.stop(handle, grace: .milliseconds(200)) }
        #expect(took >= .milliseconds(200), "\(took)")
        #expect(try ProcessStatus.read(stray).map(\.isDead) ?? true)
        #expect(try ProcessStatus.read(local.pid) == nil)
    }

    @Test func `finds strays also after their server has died`() async throws {
        let test = try LocalTest(hierarchies: [])
        defer { test.remove() }
        let (handle, endpoint) = try await test.start(["--stray"])
        try await test.answer(handle, endpoint)
        let stray = try await test.stray(handle)
        kill(try LocalHandle(handle).pid, SIGKILL)
        try await test.wait { await test.backend.poll([handle]).first?.state == .exited(-9) }
        try await test.backend.stop(handle, grace: .zero)
        #expect(try ProcessStatus.read(stray).map(\.isDead) ?? true)
    }

    @Test(arguments: [0, 7] as [Int32])
    func `tells the exit status and the end of the log`(status: Int32) async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let ends = test.backend.changes()
        let (handle, endpoint) = try await test.start(["--exit", "\(status)"])
        for await ended in ends {
            #expect(ended == handle)
            break
        }
        #expect(await test.backend.poll([handle]) == [Observation(handle, .exited(status))])
        let error = try await #require(throws: SpawnError.self) {
            _ = try await test.backend.isAnswering(handle, at: endpoint)
        }
        #expect(error.code == .backendFailed)
        #expect(error.message.contains("exit status \(status)"), "\(error)")
        #expect(error.details == ["leaving with \(status)"])
        try await test.backend.stop(handle, grace: .zero)
    }

    @Test func `follows a log until the process ends`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        // It goes on when what it has written so far was read.
        let go = "\(test.directory)/go"
        let script = "echo one; until [ -e \(go) ]; do sleep 0.01; done; echo two; echo three"
        let (handle, _) = try await test.start(options: ["cmd": ["/bin/sh", "-c", .string(script)]])
        var text: [UInt8] = []
        for try await piece in try await test.backend.logs(handle, follow: true) {
            text += piece
            if text == Array("one\n".utf8) { close(open(go, O_CREAT | O_WRONLY, 0o600)) }
        }
        #expect(String(decoding: text, as: UTF8.self) == "one\ntwo\nthree\n")
        #expect(try await test.log(handle) == "one\ntwo\nthree\n")
        try await test.backend.stop(handle, grace: .zero)
        await #expect(throws: SpawnError.self) { try await test.backend.logs(handle, follow: true) }
    }

    @Test func `keeps the log from everybody else`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let (handle, _) = try await test.start()
        let path = try #require(try LocalHandle(handle).log)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(stat(test.machine.logDirectory, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o700)
        try await test.backend.stop(handle, grace: .seconds(1))

        // A link in the log's place is not followed.
        let plan = try test.plan()
        let target = "\(test.directory)/target"
        #expect(symlink(target, test.machine.log(of: plan.id).path) == 0)
        await #expect(throws: SpawnError.self) {
            try await test.backend.start(plan, checkpoint: Checkpoints().checkpoint)
        }
        #expect(access(target, F_OK) != 0)
    }

    @Test func `starts fifty at once, each at a port of its own`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let started = try await withThrowingTaskGroup(of: (Handle, Endpoint).self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let (handle, endpoint) = try await test.start()
                    try await test.answer(handle, endpoint)
                    return (handle, endpoint)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(started.map(\.1.port)).count == 50)
        let handles = started.map(\.0)
        #expect(await test.backend.poll(handles).allSatisfy { $0.state == .running })
        let mine = Set(try handles.map { try LocalHandle($0).session })
        #expect(mine.isSubset(of: Set(try await test.backend.census().residents.map(\.session))))

        try await withThrowingTaskGroup(of: Void.self) { group in
            for handle in handles {
                group.addTask { try await test.backend.stop(handle, grace: .seconds(2)) }
            }
            try await group.waitForAll()
        }
        #expect(Set(try await test.backend.census().residents.map(\.session)).isDisjoint(with: mine))
    }

    @Test(arguments: [true, false])
    func `sends an interrupt first when the template wants one`(wanted: Bool) async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let script =
            "trap 'echo interrupted' INT; trap 'echo asked; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
        var options: [String: JSONValue] = ["cmd": ["/bin/bash", "-c", .string(script)]]
        if wanted { options["interrupt_timeout"] = 0.3 }
        let (handle, _) = try await test.start(options: options)
        try await test.wait { try await test.log(handle).contains("ready") }
        let followed = try await test.backend.logs(handle, follow: true)
        try await test.backend.stop(handle, grace: .seconds(5))
        let text = try await followed.reduce(into: [UInt8]()) { $0 += $1 }
        // The shell also says that its `sleep` was ended, as it is in the same group.
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").filter { $0 != "Terminated" }
        #expect(lines == (wanted ? ["ready", "interrupted", "asked"] : ["ready", "asked"]))
    }
}

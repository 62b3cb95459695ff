import Glibc
import MultipleSpawner
import Testing

@testable import Backends

@Suite struct `The local backend` {
    @Test func `starts a server, sees it answer, and ends it`() async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let checkpoints = Checkpoints()
        let plan = try test.plan()
        let endpoint = try await test.backend.start(plan, checkpoint: checkpoints.checkpoint)
        let handle = try #require(checkpoints.handles.last)
        try await test.answer(handle, endpoint)
        #expect(await test.backend.poll([handle]) == [Observation(handle, .running)])
        let local = try LocalHandle(handle)
        try await test.backend.stop(handle, grace: .seconds(5))
        #expect(kill(local.pid, 0) != 0)
        #expect(await test.backend.poll([handle]) == [Observation(handle, .exited(nil))])
        try await test.backend.stop(handle, grace: .seconds(5))
        for path in local.cgroups { #expect(access(path, F_OK) != 0) }
    }
}

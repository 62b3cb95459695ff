import BackendContract
import MultipleSpawner
import Testing

@testable import Backends

@Suite struct `The mock backend` {
    private func start(
        _ backend: MockBackend, _ options: JSONValue, id: String = "s-1"
    ) async throws -> (Checkpoints, Result<Endpoint, any Error>) {
        let plan = SessionPlan(
            id: try SessionID(id), identity: try SessionIdentity(hub: "test", user: "alice"), template: "mock",
            backend: "mock", options: options)
        let checkpoints = Checkpoints()
        do {
            return (checkpoints, .success(try await backend.start(plan, checkpoint: checkpoints.checkpoint)))
        } catch {
            return (checkpoints, .failure(error))
        }
    }

    @Test(arguments: ["before_checkpoint", "after_checkpoint", "answer"])
    func `fails where, how and as it is told`(place: String) async throws {
        let backend = MockBackend()
        let (checkpoints, result) = try await start(
            backend, ["fail_at": .string(place), "error_code": "over_capacity", "error_message": "the mock is full"])
        let expected = SpawnError(.overCapacity, "the mock is full")
        switch place {
        case "before_checkpoint":
            #expect(throws: expected) { try result.get() }
            #expect(checkpoints.handles.isEmpty && backend.world.running.isEmpty)
        case "after_checkpoint":
            #expect(throws: expected) { try result.get() }
            #expect(checkpoints.handles.count == 1 && backend.world.running.count == 1)
        default:
            let endpoint = try result.get()
            await #expect(throws: expected) { try await backend.isAnswering(checkpoints.handles[0], at: endpoint) }
        }
    }

    @Test func `answers, ends and tells its status when it is told to`() async throws {
        let backend = MockBackend()
        let changes = backend.changes()
        let (checkpoints, result) = try await start(
            backend, ["answer_delay": 0.05, "exit_after": 0.2, "exit_code": 5, "port": 4711, "ip": "::1"])
        let handle = try #require(checkpoints.handles.last)
        let endpoint = try result.get()
        #expect(endpoint == Endpoint(host: "::1", port: 4711))
        #expect(try await !backend.isAnswering(handle, at: endpoint))
        for await changed in changes {
            #expect(changed == handle)
            break
        }
        #expect(await backend.poll([handle]) == [Observation(handle, .exited(5))])
    }

    @Test func `lets servers outlive it in a directory, and sees a double`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let options: JSONValue = ["world_path": .string(directory.path)]
        let first = MockBackend()
        let (checkpoints, _) = try await start(first, options)
        let handle = try #require(checkpoints.handles.last)
        #expect(try SystemFile.names(in: directory.path) == ["s-1.json"])

        let world = MockWorld(directory: directory.path)
        let restarted = MockBackend(world)
        #expect(try await restarted.census().residents.map(\.handle) == [handle])
        #expect(await restarted.poll([handle]) == [Observation(handle, .running)])
        let (again, result) = try await start(restarted, options)
        let error = #expect(throws: SpawnError.self) { try result.get() }
        #expect(error?.code == .conflict && again.handles.isEmpty)
        #expect(world.doubles.map(\.rawValue) == ["s-1"])

        try await restarted.stop(handle, grace: .zero)
        #expect(try SystemFile.names(in: directory.path).isEmpty)
        #expect(await first.poll([handle]) == [Observation(handle, .exited(nil))])
        // In memory alone it is gone with the process.
        let (lost, _) = try await start(MockBackend(), [:], id: "s-2")
        let orphan = try #require(lost.handles.last)
        #expect(await MockBackend().poll([orphan]) == [Observation(orphan, .exited(nil))])
    }

    @Test func `ends a server of an earlier life at its time`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let (checkpoints, _) = try await start(
            MockBackend(), ["world_path": .string(directory.path), "exit_after": 0.3, "exit_code": 2])
        let handle = try #require(checkpoints.handles.last)
        let restarted = MockBackend()
        let changes = restarted.changes()
        #expect(await restarted.poll([handle]) == [Observation(handle, .running)])
        for await changed in changes where changed == handle { break }
        #expect(await restarted.poll([handle]) == [Observation(handle, .exited(2))])
    }

    @Test func `holds ten thousand sessions, and polls them at once`() async throws {
        let backend = MockBackend()
        let handles = try await withThrowingTaskGroup(of: Handle.self) { group in
            for number in 0..<10_000 {
                group.addTask { try #require(try await start(backend, [:], id: "s-\(number)").0.handles.last) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(backend.world.running.count == 10_000)
        #expect(backend.world.startCount == 10_000)
        #expect(await backend.poll(handles).allSatisfy { $0.state == .running })
        #expect(try await backend.census().residents.count == 10_000)
    }
}

import BackendContract
import MultipleSpawner
import Synchronization

@testable import Backends

/// A backend that breaks one promise, so that the check of that promise can be seen to fail.
struct BrokenBackend: Backend {
    static let kind: BackendKind = "mock"
    static var options: ObjectShape { MockBackend.options }

    let mock: MockBackend
    let broken: Promise
    private let polls = Counter()

    init(_ mock: MockBackend, _ broken: Promise) {
        self.mock = mock
        self.broken = broken
    }

    func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        switch broken {
        case .handle:
            let leaky = Handle(
                backend: Self.kind, version: 1, payload: plan.environment.values.map { $0.reveal() }.joined())
            try await checkpoint(leaky)
            return try await mock.start(plan, checkpoint: checkpoint)
        case .checkpoint:
            return try await mock.start(plan, checkpoint: Checkpoint(save: { _ in }))
        case .refusedCheckpoint:
            let forgiving = Checkpoint(save: { try? await checkpoint($0) })
            _ = try await mock.start(plan, checkpoint: forgiving)
            throw SpawnError(.internal, "the handle was not written down, and the server was forgotten")
        case .failure, .cancellation:
            // The server is started, and nobody is told.
            return try await mock.start(plan, checkpoint: Checkpoint(save: { _ in }))
        case .separation:
            _ = try await mock.start(plan, checkpoint: checkpoint)
            return Endpoint(host: "127.0.0.1", port: 4000)
        default:
            return try await mock.start(plan, checkpoint: checkpoint)
        }
    }

    func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool {
        if broken == .answer { return false }
        if broken == .end { return true }
        return try await mock.isAnswering(handle, at: endpoint)
    }

    func poll(_ handles: [Handle]) async -> [Observation] {
        let observations = await mock.poll(handles)
        switch broken {
        case .poll:
            // The eleventh look ends what it looks at.
            if polls.next() > 10, let handle = handles.first { try? await mock.stop(handle, grace: .zero) }
            return observations
        case .unknownIsNotDead:
            return observations.map { observation in
                guard case .unreachable = observation.state else { return observation }
                return Observation(observation.handle, .exited(nil))
            }
        case .restart:
            return mock.world.startCount == 0 ? handles.map { Observation($0, .exited(nil)) } : observations
        default:
            return observations
        }
    }

    func changes() -> AsyncStream<Handle> { mock.changes() }

    func stop(_ handle: Handle, grace: Duration) async throws {
        switch broken {
        case .stop:
            if polls.next() > 1 { throw SpawnError(.notFound, "there is no such server") }
        case .stopDuringStart:
            return
        default: break
        }
        try await mock.stop(handle, grace: grace)
    }

    func logs(_ handle: Handle, follow: Bool) async throws -> LogStream {
        guard broken == .logs else { return try await mock.logs(handle, follow: follow) }
        return LogStream {
            try await Task.sleep(for: .seconds(3600))
            return nil
        }
    }

    func census() async throws -> Census {
        let census = try await mock.census()
        guard broken == .census else { return census }
        let mallory = try SessionIdentity(hub: "test", user: "mallory")
        return Census(
            census.residents.map {
                Resident(session: $0.session, identity: mallory, handle: $0.handle, description: $0.description)
            })
    }

    func examine(_ options: JSONValue) async -> [Finding] { [] }

    func adopt(
        original state: JSONValue, for identity: SessionIdentity
    ) async throws -> (handle: Handle, endpoint: Endpoint)? {
        guard broken == .originals else { return nil }
        return (Handle(backend: Self.kind, version: 1, payload: "{}"), Endpoint(host: "127.0.0.1", port: 1))
    }
}

/// A backend whose options take any key.
struct OpenBackend: Backend {
    static let kind: BackendKind = "open"
    static let options = ObjectShape([], others: .anything)

    func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        throw SpawnError(.unsupported, "this backend only has options")
    }
    func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool { false }
    func poll(_ handles: [Handle]) async -> [Observation] { [] }
    func stop(_ handle: Handle, grace: Duration) async throws {}
    func logs(_ handle: Handle, follow: Bool) async throws -> LogStream { LogStream { nil } }
    func census() async throws -> Census { Census() }
    func examine(_ options: JSONValue) async -> [Finding] { [] }
}

/// Counts calls from wherever they come.
private final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

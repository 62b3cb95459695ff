public import MultipleSpawner
import Synchronization

/// Servers that are only pretended, as a template's script tells: for tests, measurements and demonstrations.
public struct MockBackend: Backend {
    public static let kind: BackendKind = "mock"
    public static var options: ObjectShape { MockOptions.shape }

    /// What templates call it.
    public static let classes = ["multiplespawner.Mock"]

    public let world: MockWorld

    public static func menu(of options: JSONValue) -> Menu { MockMenu.menu(of: options) }

    public static func settle(
        _ options: JSONValue, with choice: Choice, within limits: HardwareLimits
    ) throws(SpawnError) -> JSONValue {
        MockMenu.settle(options, with: choice)
    }

    public init(_ world: MockWorld = MockWorld()) {
        self.world = world
    }

    public func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        let options = MockOptions(plan.options)
        try Task.checkCancellation()
        if options.failsAt == .beforeCheckpoint { throw options.failure.error }
        let mock = MockHandle(plan, options, port: options.port ?? world.madeUpPort())
        let handle = try Handle(mock, backend: Self.kind)
        try world.begin(handle, mock, plan.identity)
        do {
            try await checkpoint(handle)
        } catch {
            world.remove(handle, mock)
            throw error
        }
        for message in options.messages { await checkpoint.report(message) }
        if options.delay > .zero { try await Task.sleep(for: options.delay) }
        if options.failsAt == .afterCheckpoint { throw options.failure.error }
        return Endpoint(host: mock.host, port: mock.port)
    }

    public func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool {
        guard let server = try look(handle, world.known([handle])[0]), server.isAlive else {
            throw SpawnError(.backendFailed, "the mock server ended before it answered")
        }
        if let failure = server.mock.answerError { throw failure.error }
        return server.mock.answersAt.map { $0 <= MockClock.now } ?? true
    }

    public func poll(_ handles: [Handle]) async -> [Observation] {
        zip(handles, world.known(handles)).map { handle, known in
            do throws(SpawnError) {
                guard let server = try look(handle, known) else { return Observation(handle, .exited(nil)) }
                if let reason = server.mock.unreachable { return Observation(handle, .unreachable(reason)) }
                return Observation(handle, server.isAlive ? .running : .exited(server.exit))
            } catch {
                return Observation(handle, .unreachable(error.message))
            }
        }
    }

    public func changes() -> AsyncStream<Handle> {
        world.changes()
    }

    public func stop(_ handle: Handle, grace: Duration) async throws {
        let mock: MockHandle = try handle.decode()
        if mock.stopDelay > 0 {
            // A stop goes to its end, also where the caller has lost interest.
            await Task { try? await Task.sleep(for: .seconds(mock.stopDelay)) }.value
        }
        world.remove(handle, mock)
    }

    public func logs(_ handle: Handle, follow: Bool) async throws -> LogStream {
        let mock: MockHandle = try handle.decode()
        let line = Array(mock.log.utf8)
        let changes = world.changes()
        guard follow, try look(handle, world.known([handle])[0])?.isAlive == true else {
            return LogStream { continuation in
                continuation.yield(line)
                continuation.finish()
            }
        }
        let unread = UnreadLine(line)
        return LogStream {
            if let line = unread.take() { return line }
            for await ended in changes where ended == handle { break }
            return nil
        }
    }

    public func census() async throws -> Census {
        Census(try world.residents())
    }

    public func examine(_ options: JSONValue) async -> [Finding] {
        [Finding(.ok, "mock", "nothing is needed; its servers are only pretended")]
    }

    /// A server that is known, or one of an earlier life that is found by its handle.
    private func look(_ handle: Handle, _ known: MockWorld.Server?) throws(SpawnError) -> MockWorld.Server? {
        if let known { return known }
        return world.find(handle, try handle.decode())
    }
}

extension MockHandle {
    fileprivate init(_ plan: SessionPlan, _ options: MockOptions, port: Int) {
        let now = MockClock.now
        session = plan.id
        host = options.address
        self.port = port
        world = options.world
        answersAt = options.answerDelay > 0 ? now + options.answerDelay : nil
        exitsAt = options.exitAfter.map { now + $0 }
        exitStatus = options.exitStatus
        stopDelay = options.stopDelay
        unreachable = options.unreachable
        answerError = options.failsAt == .answer ? options.failure : nil
        image = options.image
        files = plan.files.isEmpty ? nil : plan.files.map(\.description)
    }
}

/// A line that is read once.
private final class UnreadLine: Sendable {
    private let line: Mutex<[UInt8]?>

    init(_ line: [UInt8]) {
        self.line = Mutex(line)
    }

    func take() -> [UInt8]? {
        line.withLock { line in
            defer { line = nil }
            return line
        }
    }
}

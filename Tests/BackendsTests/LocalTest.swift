import BackendContract
import Glibc
import MultipleSpawner
import Testing

@testable import Backends

/// A machine with a log directory of its own, and what a test does with it.
struct LocalTest {
    let machine: LocalMachine
    private let temporary: TemporaryDirectory
    var directory: String { temporary.path }
    var backend: LocalBackend { LocalBackend(machine) }

    /// `hierarchies`: what cgroups the machine is taken to have; `nil`: those that it has.
    init(hierarchies: [CgroupHierarchy]? = nil, openFileLimit: Int? = nil) throws {
        temporary = try TemporaryDirectory()
        let logs = "\(temporary.path)/logs"
        machine = try LocalMachine(
            logDirectory: logs, hierarchies: hierarchies ?? CgroupHierarchy.all(), openFileLimit: openFileLimit)
    }

    /// The same machine, as a restarted daemon has it.
    func restarted() throws -> LocalMachine {
        try LocalMachine(logDirectory: machine.logDirectory)
    }

    func remove() {
        temporary.remove()
    }

    func plan(
        _ arguments: [String] = [], options: [String: JSONValue] = [:], user: String = "alice",
        environment: [String: Secret] = ["JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/user/alice/"],
        id: SessionID? = nil
    ) throws -> SessionPlan {
        SessionPlan(
            id: try id ?? SessionID("t-\(UInt64.random(in: 0 ... .max))"),
            identity: try SessionIdentity(hub: "test", user: user), template: "test", backend: "local",
            options: .object(options), environment: environment, command: [FakeServer.path] + arguments)
    }
}

extension LocalTest {
    /// Starts a server; its handle and where it will answer.
    func start(
        _ arguments: [String] = [], options: [String: JSONValue] = [:], environment: [String: Secret]? = nil,
        port: Int? = nil
    ) async throws -> (Handle, Endpoint) {
        var plan = try plan(arguments, options: options)
        plan.settings.port = port
        if let environment { plan.environment = environment }
        let checkpoints = Checkpoints()
        let endpoint = try await backend.start(plan, checkpoint: checkpoints.checkpoint)
        return (try #require(checkpoints.handles.last), endpoint)
    }

    func log(_ handle: Handle) async throws -> String {
        let bytes = try await backend.logs(handle, follow: false).reduce(into: [UInt8]()) { $0 += $1 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The process that `--stray` left behind, as its log names it.
    func stray(_ handle: Handle) async throws -> Int32 {
        try await wait { try await log(handle).contains("stray ") }
        let line = try #require(try await log(handle).split(separator: "\n").first { $0.hasPrefix("stray ") })
        return try #require(Int32(line.dropFirst(6)))
    }

    func freePort() throws -> Int {
        try #require(SocketAddress("127.0.0.1", port: 0)).bindOnce()
    }

    /// Asks until it is so.
    func wait(_ isSo: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while try await !isSo() {
            try #require(ContinuousClock.now < end, "it did not come about")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// What ends the waiting for an answer.
    func failure(_ handle: Handle, _ endpoint: Endpoint) async throws -> SpawnError {
        try await #require(throws: SpawnError.self) { try await answer(handle, endpoint) }
    }

    /// Waits as the core does: it asks until the server answers.
    func answer(_ handle: Handle, _ endpoint: Endpoint, by backend: (any Backend)? = nil) async throws {
        let backend = backend ?? self.backend
        let end = ContinuousClock.now + .seconds(20)
        while try await !backend.isAnswering(handle, at: endpoint) {
            try #require(ContinuousClock.now < end, "the server does not answer")
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}

extension LocalTest {
    /// The contract, with the tiny server in each of its scenarios.
    var contract: BackendContract {
        let logs = machine.logDirectory
        return BackendContract(
            backend, restarted: { LocalBackend(try LocalMachine(logDirectory: logs)) },
            makePlan: { scenario, id in
                switch scenario {
                case .plain: try plan(id: id)
                case .failing: try plan(["--exit", "4"], id: id)
                case .slow: try plan(["--delay", "300"], id: id)
                case .ending(let status): try plan(["--exit", "\(status)"], id: id)
                // A machine can always be asked about its own processes.
                case .unreachable: nil
                }
            })
    }
}

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

    init() throws {
        temporary = try TemporaryDirectory()
        machine = try LocalMachine(logDirectory: "\(temporary.path)/logs")
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
        return BackendContract(backend, restarted: { LocalBackend(try LocalMachine(logDirectory: logs)) }) {
            scenario, id in
            switch scenario {
            case .plain: try plan(id: id)
            case .failing: try plan(["--exit", "4"], id: id)
            case .slow: try plan(["--delay", "300"], id: id)
            case .ending(let status): try plan(["--exit", "\(status)"], id: id)
            // A machine can always be asked about its own processes.
            case .unreachable: nil
            }
        }
    }
}

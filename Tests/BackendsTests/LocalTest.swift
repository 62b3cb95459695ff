import Glibc
import MultipleSpawner
import Testing

@testable import Backends

/// A machine with a log directory of its own, and what a test does with it.
struct LocalTest {
    let machine: LocalMachine
    let directory: String
    var backend: LocalBackend { LocalBackend(machine) }

    init() throws {
        var template = Array("/tmp/multiplespawner-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        // Accounts that tests switch to must be able to pass through.
        chmod(directory, 0o711)
        machine = try LocalMachine(logDirectory: "\(directory)/logs")
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

    func remove() {
        _ = try? SystemFile.names(in: "\(directory)/logs").map { unlink("\(directory)/logs/\($0)") }
        rmdir("\(directory)/logs")
        rmdir(directory)
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

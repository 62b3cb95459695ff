import BackendContract
import Glibc
import MultipleSpawner
import Synchronization
import Testing
import Transport

@testable import Backends

/// A backend, a machine for it, and what a test does with them.
final class SSHTest: Sendable {
    /// What speaks SSH.
    enum Transport: String, CaseIterable, CustomStringConvertible {
        case libssh2, openSSH
        var description: String { rawValue }
    }

    let server: SSHServer
    let backend: SSHBackend
    private let transport: Transport
    private let made = Mutex<[(SSHLinks, OpenSSHLinks)]>([])

    init(settings: [String] = [], transport: Transport = .libssh2) async throws {
        server = try await SSHServer(settings: settings)
        self.transport = transport
        let links = (SSHLinks(), OpenSSHLinks())
        backend = Self.backend(links, server, transport)
        made.withLock { $0.append(links) }
        await backend.configured(by: [.object(server.options)])
    }

    private static func backend(
        _ links: (library: SSHLinks, openSSH: OpenSSHLinks), _ server: SSHServer, _ transport: Transport
    ) -> SSHBackend {
        var configuration = SSHConfiguration(
            links: links.library, stateDirectory: server.directory.path, installation: "tests")
        if transport == .openSSH {
            let openSSH = links.openSSH
            configuration.link = { try await openSSH.link(to: $0) }
        }
        return SSHBackend(configuration)
    }

    /// The same, as a restarted daemon has it.
    func restarted() async -> SSHBackend {
        let links = (SSHLinks(), OpenSSHLinks())
        made.withLock { $0.append(links) }
        let backend = Self.backend(links, server, transport)
        await backend.configured(by: [.object(server.options)])
        return backend
    }

    /// As if the daemon had been killed: its connections are gone, and its ports.
    func crash() async {
        await backend.tunnels.closeAll()
        let links = made.withLock { $0.removeFirst() }
        await links.0.close()
        await links.1.close()
    }

    func remove() async {
        await backend.tunnels.closeAll()
        for (library, openSSH) in made.withLock({ $0 }) {
            await library.close()
            await openSSH.close()
        }
        server.remove()
    }

    func plan(
        _ arguments: [String] = [], options: [String: JSONValue] = [:], user: String = "alice",
        environment: [String: Secret] = ["JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/user/alice/"],
        id: SessionID? = nil
    ) throws -> SessionPlan {
        SessionPlan(
            id: try id ?? SessionID("t-\(UInt64.random(in: 0 ... .max))"),
            identity: try SessionIdentity(hub: "test", user: user), template: "test", backend: SSHBackend.kind,
            options: .object(server.options.merging(options) { $1 }), environment: environment,
            command: [FakeServer.absolutePath] + arguments)
    }

    func start(_ plan: SessionPlan) async throws -> (handle: Handle, endpoint: Endpoint) {
        let checkpoints = Checkpoints()
        let endpoint = try await backend.start(plan, checkpoint: checkpoints.checkpoint)
        return (try #require(checkpoints.handles.last), endpoint)
    }

    /// Waits as the core does: it asks until the server answers.
    func answer(_ handle: Handle, _ endpoint: Endpoint, by other: SSHBackend? = nil) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while try await !(other ?? backend).isAnswering(handle, at: endpoint) {
            try #require(ContinuousClock.now < end, "the server does not answer")
        }
    }

    func state(_ handle: Handle, by other: SSHBackend? = nil) async throws -> Observation.State {
        try #require(await (other ?? backend).poll([handle]).first).state
    }

    func log(_ handle: Handle) async throws -> String {
        let bytes = try await backend.logs(handle, follow: false).reduce(into: [UInt8]()) { $0 += $1 }
        return String(decoding: bytes, as: UTF8.self)
    }

    func wait(_ isSo: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while try await !isSo() {
            try #require(ContinuousClock.now < end, "it did not come about")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// The sessions that have a directory there.
    var directories: [String] { (try? SystemFile.names(in: "\(server.base)/sessions")) ?? [] }
}

extension FakeServer {
    /// A session's server starts in its home.
    static var absolutePath: String {
        guard !path.hasPrefix("/") else { return path }
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getcwd(&buffer, buffer.count) != nil else { return path }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) + "/" + path
    }
}

extension SSHTest {
    /// The contract, with the tiny server in each of its scenarios.
    var contract: BackendContract {
        BackendContract(
            backend, restarted: { await self.restarted() },
            makePlan: { [self] scenario, id in
                switch scenario {
                case .plain: try plan(id: id)
                case .failing: try plan(["--exit", "4"], id: id)
                case .slow: try plan(options: ["pre_start": ["sleep 1"]], id: id)
                case .ending(let status): try plan(["--exit", "\(status)"], id: id)
                case .unreachable: nil
                }
            })
    }
}

/// Connections that OpenSSH alone makes.
actor OpenSSHLinks {
    private var made: [SSHTarget: Task<OpenSSHLink, any Error>] = [:]

    func link(to target: SSHTarget) async throws -> OpenSSHLink {
        if let known = made[target] { return try await known.value }
        let task = Task { try await OpenSSHLink.connect(to: target) }
        made[target] = task
        do {
            let link = try await task.value
            Task {
                _ = await link.ended()
                made[target] = nil
            }
            return link
        } catch {
            made[target] = nil
            throw error
        }
    }

    func close() async {
        for task in made.values { await (try? task.value)?.close() }
        made = [:]
    }
}

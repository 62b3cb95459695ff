import ScriptedServer
import Synchronization
import Testing
import Transport

@testable import Backends

/// An engine that says what a test wants, at a socket of its own.
final class DockerEngine: Sendable {
    private let server: ScriptedServer
    private let directory: TemporaryDirectory
    private let manner: Manner

    /// How it answers at the moment.
    private final class Manner: Sendable {
        let value: Mutex<(version: String, isBroken: Bool)>

        init(_ version: String) {
            value = Mutex((version, false))
        }
    }

    /// `script` gets the calls with their version; pings are answered with `version`.
    init(version: String = "1.41", _ script: @escaping ScriptedServer.Script) throws {
        directory = try TemporaryDirectory()
        let manner = Manner(version)
        self.manner = manner
        server = try ScriptedServer(socket: "\(directory.path)/docker.sock") { request, connection in
            let (version, isBroken) = manner.value.withLock { $0 }
            if isBroken { return connection.breakOff() }
            guard request.path == "/_ping" else { return script(request, connection) }
            connection.answer(200, "OK", headers: version.isEmpty ? [:] : ["Api-Version": version])
        }
    }

    var address: String { "unix://\(directory.path)/docker.sock" }
    /// What it was asked, pings included: `GET /v1.41/tasks`.
    var calls: [String] { server.requests.map { "\($0.method) \($0.target)" } }
    var pings: Int { calls.count { $0 == "GET /_ping" } }
    var requests: [Request] { server.requests }
    var openConnections: Int { server.openConnections }

    /// Another engine takes its place, as after an upgrade.
    func replace(version: String) {
        manner.value.withLock { $0.version = version }
    }

    /// From now on every connection breaks off, or none does.
    func setBroken(_ isBroken: Bool) {
        manner.value.withLock { $0.isBroken = isBroken }
    }

    func stop() {
        server.stop()
        directory.remove()
    }
}

extension DockerClient {
    /// A client of these engines, in this order.
    convenience init(_ engines: DockerEngine...) throws {
        let text = engines.map(\.address).joined(separator: ",")
        self.init(host: try DockerHost(text), http: HTTPClient())
    }
}

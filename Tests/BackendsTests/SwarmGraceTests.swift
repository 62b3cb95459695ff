import MultipleSpawner
import ScriptedServer
import Synchronization
import Testing
import Transport

@testable import Backends

/// How long a server is given to end.
@Suite(.timeLimit(.minutes(2))) struct SwarmGraceTests {
    /// A swarm with one running service of a session, until that is deleted.
    private static func engine(grace: String) throws -> DockerEngine {
        let isThere = Mutex(true)
        let labels = "{\"multiplespawner.hub\": \"h\", \"multiplespawner.session\": \"0123\"}"
        let container = "{\"Image\": \"i\", \"Labels\": \(labels)\(grace)}"
        let service = """
            [{"ID": "s", "Spec": {"Name": "n", "Labels": \(labels), "TaskTemplate": {"ContainerSpec": \(container)}}}]
            """
        let task = """
            [{"ID": "t", "ServiceID": "s", "NodeID": "n", "DesiredState": "running", \
            "Spec": {"ContainerSpec": {"Labels": \(labels)}}, \
            "Status": {"State": "running", "ContainerStatus": {"ContainerID": "c"}}}]
            """
        return try DockerEngine { request, connection in
            switch (request.method, request.path.split(separator: "/").last) {
            case ("GET", "services"): connection.answer(200, isThere.withLock { $0 } ? service : "[]")
            case ("GET", "tasks"): connection.answer(200, isThere.withLock { $0 } ? task : "[]")
            case ("POST", "stop"):
                isThere.withLock { $0 = false }
                connection.answer(204)
            case ("DELETE", _): connection.answer(200)
            default: connection.answer(200, "[]")
            }
        }
    }

    private func seconds(of grace: Duration, where template: String) async throws -> [String] {
        let engine = try Self.engine(grace: template)
        defer { engine.stop() }
        let backend = SwarmBackend(SwarmConfiguration(host: try DockerHost(engine.address)))
        var handle = SwarmHandle(hub: "h", session: try SessionID("0123"), service: "n")
        handle.id = "s"
        try await backend.stop(Handle(handle, backend: SwarmBackend.kind), grace: grace)
        return engine.calls.filter { $0.hasPrefix("POST") }
    }

    @Test func `a server has the time that its template gives, and not the daemon's`() async throws {
        let minute = ", \"StopGracePeriod\": 60000000000"
        #expect(try await seconds(of: .seconds(10), where: minute) == ["POST /v1.41/containers/c/stop?t=60"])
    }

    @Test func `who wants it ended at once does not wait for the template's time`() async throws {
        let minute = ", \"StopGracePeriod\": 60000000000"
        #expect(try await seconds(of: .zero, where: minute) == ["POST /v1.41/containers/c/stop?t=0"])
    }

    @Test func `where the service says nothing, its container is left to Docker's own time`() async throws {
        let engine = try Self.engine(grace: "")
        defer { engine.stop() }
        let cluster = SwarmBackend(SwarmConfiguration(host: try DockerHost(engine.address))).clusters.cluster(at: nil)
        let service = try #require(try await cluster.services().first)
        #expect(service.grace == nil)
    }
}

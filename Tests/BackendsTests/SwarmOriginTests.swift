import MultipleSpawner
import ScriptedServer
import Testing
import Transport

@testable import Backends

/// The daemon's settings may lead to another swarm one day, and a swarm may be made anew.
@Suite(.timeLimit(.minutes(2))) struct SwarmOriginTests {
    /// A swarm that has nothing of ours.
    private static func emptySwarm(_ id: String) throws -> DockerEngine {
        try DockerEngine { request, connection in
            switch request.path.split(separator: "/").last {
            case "swarm": connection.answer(200, "{\"ID\": \"\(id)\"}")
            case "volumes": connection.answer(200, "{\"Volumes\": []}")
            case "info": connection.answer(200, "{\"Swarm\": {\"NodeID\": \"n\"}}")
            default: connection.answer(200, "[]")
            }
        }
    }

    private static func handle(_ origin: SwarmOrigin) throws -> Handle {
        var handle = SwarmHandle(hub: "h", session: try SessionID("0123"), service: "jupyter-alice-1")
        handle.id = "service"
        handle.origin = origin
        return try Handle(handle, backend: SwarmBackend.kind)
    }

    private static func backend(_ engine: DockerEngine) throws -> SwarmBackend {
        SwarmBackend(SwarmConfiguration(host: try DockerHost(engine.address)))
    }

    @Test func `what another swarm does not have is not gone, and is not stopped there`() async throws {
        let engine = try Self.emptySwarm("here")
        defer { engine.stop() }
        let backend = try Self.backend(engine)
        let handle = try Self.handle(SwarmOrigin(id: "there", host: "unix:///elsewhere.sock"))
        guard case .unreachable(let reason) = await backend.poll([handle]).first?.state else {
            Issue.record("it was taken for gone")
            return
        }
        #expect(reason.contains("unix:///elsewhere.sock") && reason.contains("docker_host"))
        let error = await #expect(throws: SpawnError.self) { try await backend.stop(handle, grace: .zero) }
        #expect(error?.code == .unavailable)
    }

    @Test func `in the same swarm, reached by another address, what is not there is gone`() async throws {
        let engine = try Self.emptySwarm("here")
        defer { engine.stop() }
        let backend = try Self.backend(engine)
        let handle = try Self.handle(SwarmOrigin(id: "here", host: "unix:///elsewhere.sock"))
        #expect(
            await backend.poll([handle]).first?.state == .lost("somebody has removed the service 'jupyter-alice-1'"))
        try await backend.stop(handle, grace: .zero)
    }

    @Test func `a swarm that was made anew at the same address has nothing of the old one`() async throws {
        let engine = try Self.emptySwarm("anew")
        defer { engine.stop() }
        let backend = try Self.backend(engine)
        let handle = try Self.handle(SwarmOrigin(id: "before", host: engine.address))
        #expect(
            await backend.poll([handle]).first?.state == .lost("somebody has removed the service 'jupyter-alice-1'"))
        try await backend.stop(handle, grace: .zero)
    }

    @Test func `a swarm that cannot be asked does not hide what is in another one`() async throws {
        let own = try DockerEngine { request, connection in
            let labels = "{\"multiplespawner.hub\": \"h\", \"multiplespawner.session\": \"0123\"}"
            let spec = "{\"Name\": \"left\", \"Labels\": \(labels)}"
            switch request.path.split(separator: "/").last {
            case "secrets": connection.answer(200, "[{\"ID\": \"s\", \"Spec\": \(spec)}]")
            case "volumes": connection.answer(200, "{\"Volumes\": []}")
            case "swarm": connection.answer(200, "{\"ID\": \"here\"}")
            default: connection.answer(200, "[]")
            }
        }
        defer { own.stop() }
        let other = try DockerEngine { _, connection in connection.answer() }
        other.setBroken(true)
        defer { other.stop() }
        let backend = try Self.backend(own)
        await backend.configured(by: [["docker_host": .string(other.address)]])
        let census = try await backend.census()
        #expect(census.residents.map(\.description) == ["secret left"])
        #expect(census.unreachable.count == 1)
        #expect(throws: SpawnError.self) { try census.whole() }
    }

    @Test func `a handle that is made anew from what is there names the swarm too`() async throws {
        let engine = try DockerEngine { request, connection in
            let labels = """
                {"multiplespawner.hub": "h", "multiplespawner.session": "0123", "multiplespawner.user": "alice", \
                "multiplespawner.server": ""}
                """
            let service = """
                {"ID": "s", "Spec": {"Name": "jupyter-alice-1", "Labels": \(labels), "TaskTemplate": {}}}
                """
            switch request.path.split(separator: "/").last {
            case "services": connection.answer(200, "[\(service)]")
            case "volumes": connection.answer(200, "{\"Volumes\": []}")
            case "swarm": connection.answer(200, "{\"ID\": \"here\"}")
            default: connection.answer(200, "[]")
            }
        }
        defer { engine.stop() }
        let backend = try Self.backend(engine)
        let resident = try #require(try await backend.census().residents.first)
        let here = SwarmOrigin(id: "here", host: engine.address)
        #expect(try SwarmHandle(resident.handle).origin == here)

        let session = try SessionID("0123")
        let identity = try #require(resident.identity)
        let claimed = try Handle(
            SwarmHandle(hub: "h", session: session, service: "jupyter-alice-1"), backend: SwarmBackend.kind)
        let confirmed = try #require(try await backend.confirm(claimed, of: session, for: identity))
        #expect(try SwarmHandle(confirmed).origin == here)
    }

    @Test func `what another daemon has made is not swept, and an administrator is told of it`() async throws {
        let own = try DockerEngine { request, connection in
            let labels = """
                {"multiplespawner.hub": "h", "multiplespawner.session": "0123", \
                "\(ServiceLabels.installation)": "the-lost"}
                """
            let spec = "{\"Name\": \"left\", \"Labels\": \(labels)}"
            switch request.path.split(separator: "/").last {
            case "secrets", "configs": connection.answer(200, "[{\"ID\": \"s\", \"Spec\": \(spec)}]")
            case "volumes": connection.answer(200, "{\"Volumes\": []}")
            case "swarm": connection.answer(200, "{\"ID\": \"here\"}")
            default: connection.answer(200, "[]")
            }
        }
        defer { own.stop() }
        var configuration = SwarmConfiguration(host: try DockerHost(own.address))
        configuration.installation = "the-new"
        let census = try await SwarmBackend(configuration).census()
        #expect(census.residents.isEmpty)
        let note = try #require(census.notes.first)
        #expect(note.contains("1 sessions of another daemon, 'the-lost'") && note.contains("'installation'"))
    }
}

import MultipleSpawner
import Testing

@testable import Backends

/// Where volumes are removed, and what is left alone.
@Suite(.timeLimit(.minutes(1))) struct SwarmVolumeRemovalTests {
    private typealias State = SwarmVolumeFakeEngine.State

    private static let ours = [ServiceLabels.hub: "one", ServiceLabels.session: "s1"]

    private func session() throws -> SessionID { try SessionID("s1") }

    private func with(
        _ state: SwarmVolumeFakeEngine.State, _ body: (SwarmVolumeFakeEngine) async throws -> Void
    ) async throws {
        let engine = try SwarmVolumeFakeEngine(state)
        defer { engine.stop() }
        try await body(engine)
    }

    private func remove(
        _ engine: SwarmVolumeFakeEngine, on nodes: Set<String>, managers: Int = 1, image: String? = "image:1"
    ) async throws {
        try await engine.removal(managers: managers)
            .remove(["home", "home", ""], of: session(), hub: "one", on: nodes, image: image)
    }

    @Test func `a volume of the manager's own node is removed by its engine, and no job is made`() async throws {
        try await with(State(volumes: ["home": Self.ours], ended: ["c1": "s1"])) { engine in
            try await remove(engine, on: ["manager"])
            #expect(engine.changes == ["DELETE /v1.41/containers/c1", "DELETE /v1.41/volumes/home"])
            #expect(engine.now.volumes.isEmpty)
        }
    }

    @Test(arguments: [[:], [ServiceLabels.hub: "other"], ["hub": "one"]])
    func `a volume that the hub did not make is left`(labels: [String: String]) async throws {
        try await with(State(volumes: ["home": labels])) { engine in
            try await remove(engine, on: ["manager"])
            #expect(engine.changes.isEmpty)
            #expect(engine.now.volumes.count == 1)
        }
    }

    @Test func `what an ended container of the session still holds is waited for`() async throws {
        try await with(State(volumes: ["home": Self.ours], held: ["home": (2, "s1")])) { engine in
            try await remove(engine, on: ["manager"])
            #expect(engine.now.volumes.isEmpty)
            #expect(engine.changes.count == 3)
        }
    }

    @Test func `what another session uses is left to it at once`() async throws {
        try await with(State(volumes: ["home": Self.ours], held: ["home": (9, "s2")])) { engine in
            try await remove(engine, on: ["manager"])
            #expect(engine.now.volumes.count == 1)
            #expect(engine.changes == ["DELETE /v1.41/volumes/home"])
        }
    }

    @Test func `on another node a job does it, and nothing of it is left`() async throws {
        let state = State(nodes: ["manager": true, "worker": true], fates: ["worker": ("complete", "")])
        try await with(state) { engine in
            try await remove(engine, on: ["worker"])
            #expect(engine.changes.first == "POST /v1.41/configs/create")
            #expect(engine.changes.contains("POST /v1.41/services/create"))
            #expect(engine.now.services.isEmpty)
            #expect(engine.now.configs.isEmpty)
            #expect(!engine.changes.contains { $0.contains("/volumes/") })
        }
    }

    @Test func `a node that is down is not waited for, and its job is tidied up when it has run`() async throws {
        try await with(State(nodes: ["manager": true, "worker": false])) { engine in
            try await remove(engine, on: ["worker"])
            #expect(engine.now.services.count == 1)
            let removal = engine.removal()
            try await removal.tidy()
            #expect(engine.now.services.count == 1)
            #expect(engine.now.configs.count == 1)
            engine.change { $0.fates["worker"] = ("complete", "") }
            // Another daemon, as after a restart: it knows nothing but what Swarm knows.
            try await engine.removal().tidy()
            #expect(engine.now.services.isEmpty)
            #expect(engine.now.configs.isEmpty)
        }
    }

    @Test func `asking again while the node is down makes no second job`() async throws {
        try await with(State(nodes: ["manager": true, "worker": false])) { engine in
            try await remove(engine, on: ["worker"])
            try await remove(engine, on: ["worker"])
            #expect(engine.now.services.count == 1)
        }
    }

    @Test func `a job that fails is left to Swarm, which tries again`() async throws {
        let state = State(
            nodes: ["manager": true, "worker": true], fates: ["worker": ("failed", "task: non-zero exit (1)")])
        try await with(state) { engine in
            try await remove(engine, on: ["worker"])
            try await engine.removal().tidy()
            #expect(engine.now.services.count == 1)
        }
    }

    @Test func `where nobody knows the node, all are asked, and one without the image is done with`() async throws {
        let state = State(
            volumes: ["home": Self.ours], nodes: ["manager": true, "worker": true, "other": true, "away": false],
            fates: ["worker": ("complete", ""), "other": ("rejected", "No such image: image:1")])
        try await with(state) { engine in
            try await remove(engine, on: [])
            #expect(engine.now.volumes.isEmpty)
            let left = engine.now.services.values.map { $0["Labels"]?[ServiceLabels.node]?.stringValue }
            #expect(left == ["away"])
        }
    }

    @Test func `with several managers none is taken for the own node`() async throws {
        try await with(State(volumes: ["home": Self.ours], fates: ["manager": ("complete", "")])) { engine in
            try await remove(engine, on: ["manager"], managers: 2)
            #expect(engine.changes.contains("POST /v1.41/services/create"))
            #expect(!engine.changes.contains { $0.contains("/volumes/") })
        }
    }

    @Test func `a job whose node has left the swarm is removed`() async throws {
        try await with(State(nodes: ["manager": true, "worker": false])) { engine in
            try await remove(engine, on: ["worker"])
            engine.change { $0.nodes["worker"] = nil }
            try await engine.removal().tidy()
            #expect(engine.now.services.isEmpty)
        }
    }

    @Test func `a node that has left the swarm gets no job`() async throws {
        try await with(State()) { engine in
            try await remove(engine, on: ["left"])
            #expect(engine.changes.isEmpty)
        }
    }

    @Test func `a program that somebody else has just removed is made again`() async throws {
        let state = State(
            nodes: ["manager": true, "worker": true], fates: ["worker": ("complete", "")], vanishing: 2)
        try await with(state) { engine in
            try await remove(engine, on: ["worker"])
            #expect(engine.changes.filter { $0.hasSuffix("/configs/create") }.count == 3)
        }
    }

    @Test func `without an image the option that names one is told`() async throws {
        try await with(State(nodes: ["manager": true, "worker": true])) { engine in
            let error = await #expect(throws: SpawnError.self) {
                try await remove(engine, on: ["worker"], image: nil)
            }
            #expect(error?.message.contains("'cleanup_image'") == true)
        }
    }

    @Test func `a program that is not there is told by its path`() async throws {
        let error = await #expect(throws: SpawnError.self) { try await VolumeProgram(at: "/nonexistent/remover") }
        #expect(error?.message.contains("'/nonexistent/remover'") == true)
        await #expect(throws: SpawnError.self) { try await VolumeProgram(at: "/etc/passwd") }
        let own = try await VolumeProgram(at: SwarmVolumeProgram.path)
        #expect(own.content.count < 50_000)
        #expect(own.name.utf8.count <= 64)
    }
}

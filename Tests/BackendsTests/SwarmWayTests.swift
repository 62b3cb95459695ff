import MultipleSpawner
import ScriptedServer
import Testing
import Transport

@testable import Backends

/// Which way leads to a container, on swarms of one and several machines.
@Suite(.timeLimit(.minutes(2))) struct SwarmWayTests {
    /// A manager on this machine, whose bridge has an address of this machine.
    private static func engine(_ nodes: [(id: String, isActive: Bool)]) throws -> DockerEngine {
        let address = try #require(OwnAddresses.all().min(), "this machine has no address but the loopback's")
        let listed = nodes.map { node in
            """
            {"ID": "\(node.id)", "Description": {"Hostname": "\(node.id)"}, "Status": {"State": "ready"}, \
            "Spec": {"Availability": "\(node.isActive ? "active" : "drain")"}}
            """
        }
        return try DockerEngine { request, connection in
            switch request.path.split(separator: "/").last {
            case "docker_gwbridge":
                connection.answer(
                    200, "{\"Id\": \"b\", \"Name\": \"b\", \"IPAM\": {\"Config\": [{\"Gateway\": \"\(address)\"}]}}")
            case "nodes": connection.answer(200, "[\(listed.joined(separator: ", "))]")
            case "info": connection.answer(200, "{\"Swarm\": {\"NodeID\": \"manager\"}}")
            default: connection.answer(404, "{\"message\": \"no such thing\"}")
            }
        }
    }

    private static let question = WayQuestion(
        mode: .auto, networks: [], port: 8888, published: .no, restarts: false, alias: "name")

    private func cluster(_ engine: DockerEngine) throws -> SwarmCluster {
        SwarmBackend(SwarmConfiguration(host: try DockerHost(engine.address))).clusters.cluster(at: nil)
    }

    @Test func `on a swarm of this machine alone, its bridge is the way`() async throws {
        let engine = try Self.engine([("manager", true)])
        defer { engine.stop() }
        #expect(try await cluster(engine).way(for: Self.question) == .gateway)
    }

    @Test func `a manager that takes no tasks leaves them to others, whose bridges are out of reach`() async throws {
        let engine = try Self.engine([("manager", false), ("worker", true)])
        defer { engine.stop() }
        let cluster = try cluster(engine)
        #expect(try await cluster.way(for: Self.question) == .nodePort(target: 8888))
        let gateway = try await cluster.survey(of: Self.question).first { $0.mode == .gateway }
        #expect(gateway?.obstacle == "only this machine's bridge is in reach, and Docker may choose worker")
    }

    @Test func `among several machines a port of the node is the way`() async throws {
        let engine = try Self.engine([("manager", true), ("worker", true)])
        defer { engine.stop() }
        #expect(try await cluster(engine).way(for: Self.question) == .nodePort(target: 8888))
    }
}

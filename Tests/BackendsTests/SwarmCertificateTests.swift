import MultipleSpawner
import ScriptedServer
import Testing

@testable import Backends

/// With the hub's own TLS a server is known by its name, and never by an address.
@Suite(.timeLimit(.minutes(2))) struct SwarmCertificateTests {
    /// A swarm whose overlay has these members.
    private static func engine(members: [String] = []) throws -> DockerEngine {
        let containers = members.map { "\"\($0)\": {\"IPv4Address\": \"\($0)/24\"}" }.joined(separator: ", ")
        let network = """
            {"Id": "n", "Name": "jh", "Driver": "overlay", "Scope": "swarm", "Containers": {\(containers)}}
            """
        return try DockerEngine { request, connection in
            switch request.path.split(separator: "/").last {
            case "jh": connection.answer(200, network)
            default: connection.answer(200, "[]")
            }
        }
    }

    private static func way(
        _ mode: ConnectMode, networks: [String] = ["jh"], in engine: DockerEngine
    ) async throws -> Way {
        let host = try DockerHost(engine.address)
        let cluster = SwarmClusters(SwarmConfiguration(host: host)).cluster(at: host)
        return try await cluster.way(
            for: WayQuestion(
                mode: mode, networks: networks, port: 8888, published: .no, restarts: false, alias: "s-1",
                hasCertificate: true))
    }

    @Test(arguments: [ConnectMode.vip, .dnsrr]) func `a name of the attempt is taken as it is asked for`(
        mode: ConnectMode
    ) async throws {
        let engine = try Self.engine()
        defer { engine.stop() }
        #expect(try await Self.way(mode, in: engine) == .name("s-1", mode))
        #expect(try await Self.way(.tasks, in: engine) == .name("tasks.s-1", .tasks))
    }

    @Test(arguments: [ConnectMode.address, .gateway, .hostPort]) func `an address is refused, with what to set`(
        mode: ConnectMode
    ) async throws {
        let engine = try Self.engine(members: OwnAddresses.all().sorted())
        defer { engine.stop() }
        let error = await #expect(throws: SpawnError.self) { try await Self.way(mode, in: engine) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.hasPrefix("connect is '\(mode.rawValue)'") ?? false)
        #expect(error?.message.contains("'auto', 'dnsrr' or 'tasks'") ?? false)
    }

    @Test func `auto takes a name on the network that the daemon is on, and says what is missing elsewhere`()
        async throws
    {
        let away = try Self.engine(members: ["192.0.2.1"])
        defer { away.stop() }
        var error = await #expect(throws: SpawnError.self) { try await Self.way(.auto, in: away) }
        #expect(error?.message.contains("the daemon is not on 'jh'") ?? false)
        error = await #expect(throws: SpawnError.self) { try await Self.way(.auto, networks: [], in: away) }
        #expect(error?.message.contains("the template names none in 'networks'") ?? false)

        guard let own = OwnAddresses.all().first else { return }
        let here = try Self.engine(members: [own])
        defer { here.stop() }
        #expect(try await Self.way(.auto, in: here) == .name("tasks.s-1", .tasks))
    }
}

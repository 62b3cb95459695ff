import MultipleSpawner
import ScriptedServer
import Synchronization
import Testing
import Transport

@testable import Backends

@Suite(.timeLimit(.minutes(1))) struct SwarmRoomTests {
    /// A manager that knows these nodes and tasks, as JSON.
    private static func engine(nodes: String, tasks: String, isBroken: Bool = false) throws -> DockerEngine {
        try DockerEngine { request, connection in
            if isBroken { return connection.answer(500, #"{"message": "rpc error"}"#) }
            switch request.path.split(separator: "/").last {
            case "nodes": connection.answer(200, nodes)
            case "tasks": connection.answer(200, tasks)
            default: connection.answer(404, #"{"message": "what?"}"#)
            }
        }
    }

    private static func node(
        _ id: String, gigabytes: Int, cores: Int, devices: String = "[]", state: String = "ready",
        availability: String = "active"
    ) -> String {
        """
        {"ID": "\(id)", "Spec": {"Availability": "\(availability)"}, "Status": {"State": "\(state)", "Addr": "10.0.0.1"},
         "Description": {"Hostname": "\(id)", "Resources": {"NanoCPUs": \(cores)000000000,
           "MemoryBytes": \(gigabytes << 30), "GenericResources": \(devices)}}}
        """
    }

    private static func task(
        _ node: String, gigabytes: Int, cores: Int, gpus: Int = 0, state: String = "running"
    ) -> String {
        let devices = #"[{"DiscreteResourceSpec": {"Kind": "NVIDIA-GPU", "Value": \#(gpus)}}]"#
        return """
            {"ID": "t", "NodeID": "\(node)", "Status": {"State": "\(state)"}, "DesiredState": "running",
             "Spec": {"Resources": {"Reservations": {"MemoryBytes": \(gigabytes << 30), "NanoCPUs": \(cores)000000000,
               "GenericResources": \(gpus == 0 ? "null" : devices)}}}}
            """
    }

    private static func provider(_ engine: DockerEngine) throws -> SwarmProvider {
        let backend = SwarmBackend(SwarmConfiguration(host: try DockerHost(engine.address)))
        return try SwarmProvider(ProviderSite(name: "swarm"), of: backend)
    }

    private static let gpus = """
        [{"NamedResourceSpec": {"Kind": "NVIDIA-GPU", "Value": "GPU-1"}},
         {"NamedResourceSpec": {"Kind": "NVIDIA-GPU", "Value": "GPU-2"}},
         {"DiscreteResourceSpec": {"Kind": "licence", "Value": 9}}]
        """

    @Test func `what is free is what nodes have less what tasks of anybody reserve there`() async throws {
        let engine = try Self.engine(
            nodes: "[\(Self.node("a", gigabytes: 64, cores: 16, devices: Self.gpus)), "
                + "\(Self.node("b", gigabytes: 32, cores: 8))]",
            tasks: "[\(Self.task("a", gigabytes: 40, cores: 4, gpus: 1)), \(Self.task("b", gigabytes: 4, cores: 2)), "
                + "\(Self.task("a", gigabytes: 20, cores: 9, state: "complete")), "
                + "\(Self.task("", gigabytes: 60, cores: 16, state: "pending")), "
                + "\(Self.task("gone", gigabytes: 60, cores: 16))]")
        defer { engine.stop() }
        let free = await (try Self.provider(engine)).availability()
        #expect(free == Availability(memory: 28 << 30, cpu: 12, gpu: 1))
    }

    @Test func `nodes that take no tasks have nothing free`() async throws {
        let engine = try Self.engine(
            nodes: "[\(Self.node("a", gigabytes: 64, cores: 16, availability: "drain")), "
                + "\(Self.node("b", gigabytes: 64, cores: 16, state: "down"))]", tasks: "[]")
        defer { engine.stop() }
        let free = await (try Self.provider(engine)).availability()
        #expect(free == Availability(sessions: 0, problem: "no node of the swarm takes new servers"))
        #expect(
            SwarmRoom(nodes: [], reservations: []).availability.problem == "no node of the swarm is ready")
    }

    @Test func `more than there is is reserved: nothing is free, and nothing less than nothing`() async throws {
        let engine = try Self.engine(
            nodes: "[\(Self.node("a", gigabytes: 8, cores: 2))]", tasks: "[\(Self.task("a", gigabytes: 9, cores: 3))]")
        defer { engine.stop() }
        #expect(await (try Self.provider(engine)).availability() == Availability(memory: 0, cpu: 0, gpu: 0))
    }

    @Test func `a manager that fails is no empty swarm`() async throws {
        let engine = try Self.engine(nodes: "[]", tasks: "[]", isBroken: true)
        defer { engine.stop() }
        let free = await (try Self.provider(engine)).availability()
        #expect(free == Availability(problem: "the swarm cannot be asked"))
    }

    @Test func `a hundred who want to know are one question, also of a second provider of the same swarm`() async throws
    {
        let engine = try Self.engine(nodes: "[\(Self.node("a", gigabytes: 8, cores: 2))]", tasks: "[]")
        defer { engine.stop() }
        let backend = SwarmBackend(SwarmConfiguration(host: try DockerHost(engine.address)))
        let one = try SwarmProvider(ProviderSite(name: "swarm"), of: backend)
        let other = try SwarmProvider(
            ProviderSite(name: "same", options: ["docker_host": [.string(engine.address)]]), of: backend)
        await withTaskGroup(of: Availability.self) { group in
            for number in 0..<100 { group.addTask { await (number % 2 == 0 ? one : other).availability() } }
            for await free in group { #expect(free.memory == 8 << 30) }
        }
        // Who comes while the first look is under way may be answered by a second one.
        #expect(engine.calls.count { $0.contains("/tasks") } <= 2)
        #expect(engine.calls.count { $0.contains("/nodes") } <= 2)
    }

    @Test func `an address that cannot be read is told when the provider is made`() throws {
        let backend = SwarmBackend(SwarmConfiguration())
        #expect(throws: SpawnError.self) {
            try SwarmProvider(ProviderSite(name: "x", options: ["docker_host": ["nowhere://x"]]), of: backend)
        }
    }
}

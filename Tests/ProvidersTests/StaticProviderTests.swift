import MultipleSpawner
import Synchronization
import Testing

@testable import Providers

/// A pool of hosts: who gets which share, and what becomes of hosts that do not answer.
@Suite struct StaticProviderTests {
    private func provider(
        _ options: JSONValue, isAnswering: MachineCheck? = nil
    ) throws -> StaticProvider {
        try StaticProvider(
            ProviderSite(name: "lab", options: StaticProvider.options.bind(options)), isAnswering: isAnswering)
    }

    private func request(
        _ token: MachineToken = MachineToken(), cpu: Double = 1, memory: Int = 1 << 30, gpu: Int = 0,
        options: JSONValue = [:]
    ) throws -> MachineRequest {
        MachineRequest(
            token: token, installation: "i", session: try SessionID("a"),
            identity: try SessionIdentity(hub: "h", user: "alice"),
            resources: ResourceSpecification(memory: memory, cpu: cpu, gpu: gpu), options: options)
    }

    private func take(_ provider: StaticProvider, _ request: MachineRequest) async throws -> (String, Lease) {
        let leases = Mutex<[Lease]>([])
        let machine = try await provider.acquire(
            request, checkpoint: LeaseCheckpoint(save: { lease in leases.withLock { $0.append(lease) } }))
        return (machine.name, try #require(leases.withLock { $0.last }))
    }

    @Test func `each slot is given once, and comes back`() async throws {
        let provider = try provider(["hosts": ["n[1-2]"], "slots": 2])
        var given: [String] = []
        var last: Lease?
        for _ in 0..<4 {
            let (name, lease) = try await take(provider, request())
            given.append(name)
            last = lease
        }
        // The emptiest is taken first.
        #expect(given == ["n1", "n2", "n1", "n2"])
        let full = await #expect(throws: SpawnError.self) { try await take(provider, request()) }
        #expect(full?.code == .overCapacity)
        #expect(await provider.availability().sessions == 0)
        let lease = try #require(last)
        try await provider.release(lease, .destroy)
        try await provider.release(lease, .destroy)
        #expect(await provider.availability().sessions == 1)
        #expect(try await take(provider, request()).0 == "n2")
    }

    @Test func `packing fills a host before it takes the next`() async throws {
        let provider = try provider(["hosts": ["n[1-2]"], "slots": 2, "choice": "pack"])
        var given: [String] = []
        for _ in 0..<3 { given.append(try await take(provider, request()).0) }
        #expect(given == ["n1", "n1", "n2"])
    }

    @Test func `asking again with the same token gives the same host`() async throws {
        let provider = try provider(["hosts": ["n[1-3]"]])
        let token = MachineToken()
        let first = try await take(provider, request(token))
        #expect(try await take(provider, request(token)).0 == first.0)
        #expect(await provider.availability().sessions == 2)
    }

    @Test func `memory, cores, GPUs and labels are counted, and what no host has is no matter of waiting`() async throws
    {
        let provider = try provider([
            "hosts": [
                ["host": "small", "slots": 9, "memory": 4, "cpu": 4],
                ["host": "big", "slots": 9, "memory": 16, "cpu": 16, "gpu": 2, "labels": ["gpu": "a100"]],
            ]
        ])
        #expect(try await take(provider, request(memory: 8 << 30)).0 == "big")
        #expect(try await take(provider, request(gpu: 2)).0 == "big")
        let second = await #expect(throws: SpawnError.self) { try await take(provider, request(gpu: 1)) }
        #expect(second?.code == .overCapacity)
        let never = await #expect(throws: SpawnError.self) { try await take(provider, request(memory: 64 << 30)) }
        #expect(never?.code == .invalidRequest)
        #expect(try await take(provider, request(options: ["labels": ["gpu": "a100"]])).0 == "big")
        let none = await #expect(throws: SpawnError.self) {
            try await take(provider, request(options: ["labels": ["gpu": "h100"]]))
        }
        #expect(none?.message.contains("gpu=h100") == true)
        let free = await provider.availability()
        #expect(free.memory == 6 << 30 && free.gpu == 0 && free.cpu == 13)
    }

    @Test func `a host that does not answer rests, and the next one is given`() async throws {
        let dead = Mutex<Set<String>>(["n1"])
        let provider = try provider(["hosts": ["n[1-2]"], "slots": 5]) { machine in
            dead.withLock { !$0.contains(machine.host) }
        }
        #expect(try await take(provider, request()).0 == "n2")
        #expect(await provider.hosts().first { $0.name == "n1" }?.state == .sick("'n1:22' does not answer"))
        dead.withLock { $0 = ["n1", "n2"] }
        let error = await #expect(throws: SpawnError.self) { try await take(provider, request()) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("those that fit: 2 out of order ('n1:22' does not answer)") == true)
        #expect(await provider.hosts().map(\.used) == [0, 1])
        // Where no other is left, one that rests is asked once more.
        dead.withLock { $0 = ["n2"] }
        #expect(try await take(provider, request()).0 == "n1")
    }

    @Test func `a drained host keeps what it has and gets no more`() async throws {
        let provider = try provider(["hosts": ["n[1-2]"], "slots": 2])
        #expect(try await take(provider, request()).0 == "n1")
        try await provider.drain("n1", true)
        #expect(try await take(provider, request()).0 == "n2")
        #expect(try await take(provider, request()).0 == "n2")
        let full = await #expect(throws: SpawnError.self) { try await take(provider, request()) }
        #expect(full?.code == .overCapacity)
        #expect(full?.message == "no host is free; of those that fit: 1 in use, 1 drained; wait, or ask for less")
        #expect(await provider.hosts().first?.state == .drained)
        try await provider.drain("n1", false)
        #expect(try await take(provider, request()).0 == "n1")
        let missing = await #expect(throws: SpawnError.self) { try await provider.drain("n9", true) }
        #expect(missing?.code == .notFound && missing?.message.contains("n1, n2") == true)
    }

    @Test func `what the journal has is taken, also of a host that is not in the pool any more`() async throws {
        let first = try provider(["hosts": ["n[1-2]"]])
        let (_, one) = try await take(first, request())
        let (_, two) = try await take(first, request())
        let second = try provider(["hosts": ["n2", "n3"]])
        await second.resume([one, two])
        await second.resume([two])
        #expect(await second.hosts().map(\.used) == [1, 0])
        #expect(try await take(second, request()).0 == "n3")
        try await second.release(one, .destroy)
        try await second.release(two, .destroy)
        #expect(await second.hosts().map(\.used) == [0, 1])
    }

    @Test func `keys and accounts go with the host, and a port in its name counts`() async throws {
        let provider = try provider([
            "hosts": [["host": "h", "port": "2222", "account": "opc", "host_key": ["ssh-ed25519 AAAA"]], "other:2200"]
        ])
        let leases = LeaseCheckpoint(save: { _ in })
        let machine = try await provider.acquire(request(), checkpoint: leases)
        #expect(machine.address == MachineAddress(host: "h", port: 2222) && machine.account == "opc")
        #expect(machine.hostKeys == ["ssh-ed25519 AAAA"])
        #expect(try await provider.acquire(request(), checkpoint: leases).address.port == 2200)
    }

    @Test(
        arguments: [
            ["hosts": ["-oProxyCommand=x"]], ["hosts": ["a b"]], ["hosts": ["a", "a"]], ["hosts": ["a;reboot"]],
            ["hosts": [["host": "n[1-2"]]], ["hosts": [""]],
        ] as [JSONValue])
    func `what is no host is told`(options: JSONValue) {
        #expect(throws: SpawnError.self) { try provider(options) }
    }

    @Test func `a checkpoint that fails leaves the slot free`() async throws {
        let provider = try provider(["hosts": ["n1"]])
        let broken = LeaseCheckpoint(save: { _ in throw SpawnError(.internal, "no space left on device") })
        await #expect(throws: SpawnError.self) { try await provider.acquire(request(), checkpoint: broken) }
        #expect(await provider.availability().sessions == 1)
    }

    @Test func `all slots of many hosts are given, each once`() async throws {
        let provider = try provider(["hosts": ["node[001-100]"], "slots": 10])
        for _ in 0..<1_000 { _ = try await take(provider, request()) }
        #expect(await provider.hosts().allSatisfy { $0.used == 10 })
        let full = await #expect(throws: SpawnError.self) { try await take(provider, request()) }
        #expect(full?.code == .overCapacity)
    }
}

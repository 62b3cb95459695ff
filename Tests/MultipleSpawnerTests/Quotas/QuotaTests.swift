import FoundationEssentials
import MultipleSpawner
import Testing

/// Who may start, as the engine decides it.
@Suite(.timeLimit(.minutes(2))) struct QuotaTests {
    private func quotas(_ setting: JSONValue) throws -> QuotaRules {
        QuotaRules(bound: try QuotaRules.shape.bind(setting))
    }

    private func refusal(
        _ hub: Hub, _ id: String, user: String = "alice", server: String? = nil, groups: Set<String> = [],
        options: JSONValue = nil
    ) async throws -> SpawnError? {
        do {
            _ = try await hub.orchestrator.submit(
                Hub.request(id, user: user, server: server ?? id, groups: groups, options: options))
            _ = try await hub.phase(of: id) { $0.isSettled }
            return nil
        } catch let error as SpawnError {
            return error
        }
    }

    @Test func `the last place is taken once, and is free again when a session is over`() async throws {
        let hub = try await Hub(quotas: quotas(["default": ["sessions": 2]]))
        #expect(try await refusal(hub, "a") == nil)
        #expect(try await refusal(hub, "b") == nil)
        let error = try await refusal(hub, "c")
        #expect(error?.code == .overCapacity)
        #expect(
            error?.message
                == "the quota of 2 sessions for each user does not admit 1 session more: 2 are in use, 0 left; "
                + "stop a server")
        #expect(try await refusal(hub, "d", user: "bob") == nil)
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(try await refusal(hub, "c") == nil)
        #expect(hub.journal.records.count == 3)
    }

    @Test func `asking twice for one session is one session`() async throws {
        let hub = try await Hub(quotas: quotas(["default": ["sessions": 1]]))
        #expect(try await refusal(hub, "a") == nil)
        #expect(try await refusal(hub, "a") == nil)
        #expect(try await refusal(hub, "b")?.code == .overCapacity)
    }

    @Test func `a server that is being stopped makes room for itself`() async throws {
        let hub = try await Hub(quotas: quotas(["default": ["sessions": 1]]))
        #expect(try await refusal(hub, "a", server: "lab") == nil)
        async let stopped = hub.orchestrator.stop(try SessionID("a"))
        #expect(try await hub.phase(of: "a") { $0.isOver || $0.name == "stopping" }.name.hasPrefix("stop"))
        #expect(try await refusal(hub, "b", server: "lab") == nil)
        _ = try await stopped
    }

    @Test func `what sessions ask for together is bounded, and more than there is at all is forbidden`() async throws {
        let hub = try await Hub(
            lifetime: Lifetime(minutes: 60),
            quotas: quotas(["default": ["gpu": 4, "memory": 32, "cpu": 2.5]]))
        #expect(try await refusal(hub, "a", options: ["gpu": 3, "cpu": 0.5, "memory": .integer(8 << 30)]) == nil)
        let gpu = try await refusal(hub, "b", options: ["gpu": 2])
        #expect(gpu?.code == .overCapacity)
        #expect(
            gpu?.message.hasPrefix(
                "the quota of 4 GPUs for each user does not admit 2 GPUs more: 3 are in use, 1 left; stop a server, ask "
                    + "for less, or wait until 20") == true, "\(String(describing: gpu))")
        let memory = try await refusal(hub, "b", options: ["memory": .integer(25 << 30)])
        #expect(memory?.message.contains("25 GB of memory more: 8 GB are in use, 24 GB left") == true)
        #expect(try await refusal(hub, "b", options: ["gpu": 5])?.code == .forbidden)
        #expect(try await refusal(hub, "b", options: ["cpu": 2]) == nil)
        #expect(try await refusal(hub, "c", options: ["cpu": 0.1])?.code == .overCapacity)
    }

    @Test func `a quota of nothing forbids`() async throws {
        let hub = try await Hub(
            quotas: quotas(["default": ["sessions": 0], "users": ["bob": ["sessions": 5, "hours": 0]]]))
        #expect(try await refusal(hub, "a")?.code == .forbidden)
        #expect(try await refusal(hub, "b", user: "bob")?.code == .forbidden)
    }

    @Test func `a group shares what it has together`() async throws {
        let hub = try await Hub(quotas: quotas(["groups": ["lab": ["together": ["gpu": 2]]]]))
        #expect(try await refusal(hub, "a", user: "alice", groups: ["lab"], options: ["gpu": 1]) == nil)
        #expect(try await refusal(hub, "b", user: "bob", groups: ["lab", "other"], options: ["gpu": 1]) == nil)
        let error = try await refusal(hub, "c", user: "carol", groups: ["lab"], options: ["gpu": 1])
        #expect(error?.message.contains("for all members of 'lab' together") == true)
        #expect(try await refusal(hub, "d", user: "dave", options: ["gpu": 1]) == nil)
        #expect(try await refusal(hub, "e", user: "carol", groups: ["lab"]) == nil)
    }

    @Test func `a start that failed holds nothing`() async throws {
        let hub = try await Hub(
            backend: ScriptedBackend(failure: .afterCheckpoint), quotas: quotas(["default": ["sessions": 1]]))
        for id in ["a", "b", "c"] { #expect(try await refusal(hub, id) == nil) }
    }

    @Test func `what could not be written down holds nothing`() async throws {
        let hub = try await Hub(quotas: quotas(["default": ["sessions": 1]]))
        hub.journal.breakDown()
        await #expect(throws: SpawnError.self) { try await hub.orchestrator.submit(Hub.request("a")) }
        hub.journal.mend()
        #expect(try await refusal(hub, "b") == nil)
    }

    @Test func `a restarted engine counts what runs`() async throws {
        let journal = MemoryJournal()
        let backend = ScriptedBackend()
        let rules = try quotas(["default": ["sessions": 1], "groups": ["lab": ["together": ["sessions": 1]]]])
        let first = try await Hub(backend: backend, journal: journal, quotas: rules)
        #expect(try await refusal(first, "a", groups: ["lab"]) == nil)
        let second = try await Hub(backend: backend, journal: journal, recovering: true, quotas: rules)
        #expect(try await refusal(second, "b")?.code == .overCapacity)
        #expect(try await refusal(second, "c", user: "bob", groups: ["lab"])?.code == .overCapacity)
        _ = try await second.orchestrator.stop(try SessionID("a"))
        #expect(try await refusal(second, "b") == nil)
    }

    @Test func `a start that goes elsewhere is held to the quota there`() async throws {
        let provider = ScriptedProvider(ScriptedProvider.World(script: [.full]))
        let hub = try await Hub(
            provider: provider, fallbacks: [SessionPlan.Fallback(provider: "elsewhere")],
            quotas: quotas(["default": ["sessions": 1]]))
        #expect(try await hub.start("a").name == "running")
        #expect(hub.journal.records.first?.provider == "elsewhere")
        #expect(try await refusal(hub, "b")?.code == .overCapacity)
    }

    @Test(arguments: [1, 2, 3])
    func `however many start and stop at once, no quota is ever exceeded`(seed: Int) async throws {
        let most = 3
        let hub = try await Hub(
            quotas: quotas([
                "default": ["sessions": .integer(most), "gpu": 4], "groups": ["lab": ["together": ["sessions": 5]]],
            ]))
        let users = ["alice", "bob", "carol"]
        await withTaskGroup(of: Void.self) { group in
            for (number, user) in users.enumerated() {
                for lane in 0..<6 {
                    group.addTask {
                        var random = SystemRandomNumberGenerator()
                        for turn in 0..<8 {
                            let id = "\(seed)-\(number)-\(lane)-\(turn)"
                            let gpu = Int.random(in: 0...2, using: &random)
                            guard
                                let request = try? Hub.request(
                                    id, user: user, server: "s\(lane)", groups: ["lab"],
                                    options: ["gpu": .integer(gpu)]),
                                (try? await hub.orchestrator.submit(request)) != nil
                            else { continue }
                            // Checked in the journal, which has what is durable, and by what others see.
                            Self.check(hub, users, most)
                            if Bool.random(using: &random) { _ = try? await hub.phase(of: id) { $0.isSettled } }
                            _ = try? await hub.orchestrator.stop(request.id)
                        }
                    }
                }
            }
        }
        #expect(hub.journal.records.isEmpty)
        let standings = await hub.ledger.standings(
            of: try SessionIdentity(hub: "hub", user: "alice"), groups: ["lab"])
        #expect(standings.allSatisfy { $0.used == 0 })
    }

    private static func check(_ hub: Hub, _ users: [String], _ most: Int) {
        let records = hub.journal.records
        #expect(records.count <= 5)
        for user in users {
            let own = records.filter { $0.identity.user == user }
            #expect(own.count <= most)
            #expect(own.reduce(0) { $0 + $1.resources.gpu } <= 4)
        }
    }

    @Test func `of a hundred that start in one instant, as many begin as may`() async throws {
        let hub = try await Hub(quotas: quotas(["default": ["sessions": 7]]))
        let admitted = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let request = try? Hub.request("s\(number)", server: "s\(number)")
                    guard let request else { return false }
                    return (try? await hub.orchestrator.submit(request)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 7)
        #expect(hub.journal.records.count == 7)
    }
}

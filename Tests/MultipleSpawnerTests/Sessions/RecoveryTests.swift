import FoundationEssentials
import MultipleSpawner
import Synchronization
import Testing

/// What a new daemon makes of the journal and the place that a killed one left.
@Suite struct RecoveryTests {
    @Test func `a running session is watched again`() async throws {
        let first = try await Hub()
        _ = try await first.start("a")
        let second = try await Hub(backend: first.backend, journal: first.journal, recovering: true)
        #expect(await second.ledger[try SessionID("a")]?.lifecycle.phase.name == "running")
        second.backend.crash(try SessionID("a"))
        let phase = try await second.phase(of: "a") { $0.isOver }
        #expect(phase == .stopped(.exited(7)))
    }

    @Test func `a start that was cut off is undone, and the same attempt begins again`() async throws {
        let gate = Gate()
        let first = try await Hub(backend: ScriptedBackend(gate: gate))
        _ = try await first.orchestrator.submit(Hub.request("a"))
        await gate.reached()
        #expect(first.backend.running == 1)
        let journal = MemoryJournal()
        for record in first.journal.records {
            try journal.append([JournalEntry(session: record.id, content: .record(record))])
        }
        gate.open()
        let second = try await Hub(backend: first.backend, journal: journal, recovering: true)
        let phase = try await second.start("a")
        #expect(phase.name == "running")
        #expect(second.backend.running == 1)
    }

    @Test func `what was started before the first checkpoint is found by its label`() async throws {
        let backend = ScriptedBackend()
        let journal = MemoryJournal()
        let id = try SessionID("a")
        let plan = SessionPlan(
            id: id, identity: try SessionIdentity(hub: "hub", user: "alice"), template: "test",
            backend: ScriptedBackend.kind)
        try journal.append([JournalEntry(session: id, content: .record(SessionRecord(plan, created: Date())))])
        backend.world.withLock {
            $0.servers[id] = Handle(backend: ScriptedBackend.kind, version: 1, payload: "never checkpointed")
        }
        let hub = try await Hub(backend: backend, journal: journal, recovering: true)
        _ = try await hub.phase(of: "a") { $0.isOver }
        #expect(backend.running == 0)
        #expect(journal.records.isEmpty)
    }

    @Test func `a stop that was cut off goes on`() async throws {
        let first = try await Hub()
        _ = try await first.start("a")
        let id = try SessionID("a")
        var record = try #require(first.journal.records.first)
        try record.lifecycle.apply(.stopping(.asked))
        let journal = MemoryJournal()
        try journal.append([JournalEntry(session: id, content: .record(record))])
        let second = try await Hub(backend: first.backend, journal: journal, recovering: true)
        _ = try await second.phase(of: "a") { $0.isOver }
        #expect(second.backend.running == 0)
        #expect(journal.records.isEmpty)
    }

    @Test func `a session is adopted with an empty journal when it runs, and refused when it is gone`() async throws {
        let first = try await Hub()
        _ = try await first.start("a")
        let record = try #require(await first.ledger[try SessionID("a")])
        let second = try await Hub(backend: first.backend, recovering: true)
        let adopted = try await second.orchestrator.adopt(record)
        #expect(adopted.id == record.id)
        #expect(second.journal.records.count == 1)
        _ = try await second.orchestrator.stop(record.id)
        #expect(second.backend.running == 0)
        let third = try await Hub(backend: first.backend, recovering: true)
        await #expect(throws: SpawnError.self) { try await third.orchestrator.adopt(record) }
    }

    @Test func `a server is adopted for its own user and session only, whatever a hub says`() async throws {
        let first = try await Hub()
        _ = try await first.start("a")
        let record = try #require(await first.ledger[try SessionID("a")])
        let handle = try #require(record.lifecycle.handle)
        let second = try await Hub(backend: first.backend, recovering: true)
        for (id, user) in [("a", "mallory"), ("b", "alice"), ("b", "mallory")] {
            let forged = SessionRecord(
                id: try SessionID(id), identity: try SessionIdentity(hub: "hub", user: user), template: "test",
                deployment: nil, provider: "local", resourceType: .bareMetal, resources: ResourceSpecification(),
                backend: ScriptedBackend.kind, lifetime: Lifetime(), created: Date(),
                lifecycle: SessionLifecycle(adopting: handle, at: Endpoint(host: "127.0.0.1", port: 1)))
            let error = await #expect(throws: SpawnError.self) { try await second.orchestrator.adopt(forged) }
            #expect(error?.code == .notFound)
        }
        #expect(second.journal.records.isEmpty)
        #expect(first.backend.running == 1)
    }

    @Test func `a backend is told what is its own, and what the files say, before anything is asked of it`()
        async throws
    {
        let first = try await Hub()
        _ = try await first.start("a")
        _ = try await first.start("b", user: "bob")
        let journal = MemoryJournal()
        var handles: [Handle] = []
        for record in first.journal.records {
            var record = record
            handles += [try #require(record.lifecycle.handle)]
            if record.id.rawValue == "b" { try record.lifecycle.apply(.stopping(.asked)) }
            try journal.append([JournalEntry(session: record.id, content: .record(record))])
        }
        first.backend.world.withLock { $0.told = [] }
        let reading = Catalogue.read(
            CatalogueSources(
                templates: CatalogueSources.File(
                    name: "t",
                    text: """
                        [{"name": "x", "resource_type": "container", "providers": "p", "class": "test.Scripted",
                          "kwargs": {"size": 1}},
                         {"name": "y", "resource_type": "container", "providers": "p", "class": "test.Scripted",
                          "kwargs": {"size": 1}}]
                        """),
                deployments: CatalogueSources.File(
                    name: "d", text: #"{"container": [{"name": "d", "size": 2}]}"#)),
            registry: first.orchestrator.registry)
        let catalogue = try #require(reading.catalogue, "\(reading.diagnostics)")
        let second = try await Hub(backend: first.backend, journal: journal, recovering: true, catalogue: catalogue)
        _ = try await second.phase(of: "b") { $0.isOver }
        let told = second.backend.world.withLock { $0.told }
        #expect(
            told == [.resumed(handles), .configured([["size": 1], ["size": 2]]), .asked("stop")])
        await second.orchestrator.configure(by: catalogue)
        #expect(second.backend.world.withLock { $0.told.last } == .configured([["size": 1], ["size": 2]]))
    }

    @Test func `the end of a server's log is shown and not kept`() throws {
        let failure = SessionFailure(SpawnError(.backendFailed, "it ended", details: ["token=s3cr3t"]))
        #expect(failure.details == ["token=s3cr3t"])
        let text = String(decoding: try JSONEncoder().encode(failure), as: UTF8.self)
        #expect(!text.contains("s3cr3t"))
    }

    @Test func `what belongs to no session is found by the sweep, and what belongs to one is not`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        let stray = try SessionID("stray")
        hub.backend.world.withLock {
            $0.servers[stray] = Handle(backend: ScriptedBackend.kind, version: 1, payload: "stray")
        }
        let sweep = Sweep(
            ledger: hub.ledger, registry: hub.orchestrator.registry, machines: hub.orchestrator.machines)
        hub.backend.world.withLock { $0.unreachable = ["host 'far': it does not answer"] }
        let report = await sweep.look()
        #expect(report.left.map(\.session) == [stray])
        #expect(report.unreachable == ["scripted: host 'far': it does not answer"])
        _ = try await sweep.remove(grace: .zero)
        #expect(hub.backend.running == 1)
    }
}

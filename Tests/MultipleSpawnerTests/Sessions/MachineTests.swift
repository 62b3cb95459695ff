import FoundationEssentials
import MultipleSpawner
import Synchronization
import Testing

/// Machines that a provider gives: found or made before the way in is, prepared, used, and given back.
@Suite(.timeLimit(.minutes(1))) struct MachineTests {
    private let backend = ScriptedBackend()
    private let provider = ScriptedProvider()
    private let configurer = ScriptedConfigurer()

    private func hub(
        _ policy: MachinePolicy = MachinePolicy(), authenticator: ScriptedAuthenticator? = nil,
        preparations: [JSONValue] = [], journal: MemoryJournal = MemoryJournal(), recovering: Bool = false
    ) async throws -> Hub {
        try await Hub(
            backend: backend, journal: journal, authenticator: authenticator, provider: provider, machine: policy,
            configurer: configurer, preparations: preparations,
            policy: Orchestrator.Policy(grace: .zero, undoPatience: 3, undoPause: { _ in await Task.yield() }),
            recovering: recovering)
    }

    @Test func `a machine is made with the session's key, and the server starts there`() async throws {
        let authenticator = ScriptedAuthenticator(beside: backend)
        let hub = try await hub(authenticator: authenticator)
        #expect(try await hub.start("a").name == "running")
        let machine = try #require(hub.journal.machines.first)
        let host = "cloud-\(machine.token.rawValue.suffix(4))"
        #expect(backend.world.withLock { $0.hosts } == [host])
        #expect(
            authenticator.world.withLock { $0.requests } == [
                #"[] {"key_name":"k"}"#, #"[\#(host):22] {"key_name":"k"}"#,
            ])
        #expect(machine.sessions == [try SessionID("a")] && machine.state == .ready && machine.isSettled)
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(provider.tokens.isEmpty && hub.journal.machines.isEmpty && authenticator.made == 0)
    }

    @Test func `a provider that is full is told, and nothing stays`() async throws {
        provider.world.withLock { $0.script = [.full] }
        let hub = try await hub()
        guard case .failed(let failure) = try await hub.start("a") else { return #expect(Bool(false)) }
        #expect(failure.code == "over_capacity" && failure.message.contains("wait for rain"))
        #expect(provider.tokens.isEmpty && hub.journal.machines.isEmpty && backend.running == 0)
    }

    @Test func `a machine whose answer was lost is given back`() async throws {
        provider.world.withLock { $0.script = [.answerLost] }
        let hub = try await hub()
        #expect(try await hub.start("a").name == "failed")
        #expect(provider.world.withLock { $0.made } == 1)
        #expect(provider.tokens.isEmpty && hub.journal.machines.isEmpty)
    }

    @Test func `a kept machine serves its user again, and nobody else`() async throws {
        let hub = try await hub(MachinePolicy(atStop: .keep))
        _ = try await hub.start("a")
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        let kept = try #require(hub.journal.machines.first)
        #expect(kept.sessions.isEmpty && kept.idleSince != nil && provider.tokens == [kept.token])
        _ = try await hub.start("b")
        _ = try await hub.start("c", user: "bob")
        _ = try await hub.start("d", server: "two")
        #expect(provider.world.withLock { $0.made } == 3)
        #expect(hub.journal.machines.first { $0.token == kept.token }?.sessions == [try SessionID("b")])
    }

    @Test func `a machine that is switched off is switched on for its user`() async throws {
        let hub = try await hub(MachinePolicy(atStop: .stop))
        _ = try await hub.start("a")
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(provider.world.withLock { Array($0.machines.values) } == [false])
        #expect(hub.journal.machines.first?.state == .off)
        #expect(try await hub.start("b").name == "running")
        #expect(provider.world.withLock { $0.made == 1 && Array($0.machines.values) == [true] })
    }

    @Test func `named servers share a machine where the template says so, and the last one gives it back`() async throws
    {
        let hub = try await hub(MachinePolicy(isShared: true))
        _ = try await hub.start("a")
        _ = try await hub.start("b", server: "two")
        #expect(provider.world.withLock { $0.made } == 1)
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(provider.tokens.count == 1)
        _ = try await hub.orchestrator.stop(try SessionID("b"))
        #expect(provider.tokens.isEmpty)
    }

    @Test func `what is undone on a machine is not asked for again when the way in is closed`() async throws {
        let authenticator = ScriptedAuthenticator(beside: backend)
        let hub = try await hub(authenticator: authenticator, preparations: [["what": "paint"]])
        _ = try await hub.start("a")
        provider.world.withLock { $0.script = [.unreachable, .unreachable] }
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(backend.world.withLock { $0.stopped == 1 } && configurer.world.withLock { $0.undone.count == 1 })
        #expect(provider.tokens.isEmpty && hub.journal.records.isEmpty)
    }

    @Test func `a daemon that was killed after the way in was closed gives the machine back all the same`() async throws
    {
        let authenticator = ScriptedAuthenticator(beside: backend)
        let first = try await hub(MachinePolicy(atStop: .keep), authenticator: authenticator)
        _ = try await first.start("a")
        var record = try #require(first.journal.records.first)
        try record.lifecycle.apply(.stopping(.asked))
        try record.lifecycle.apply(.cleared)
        let journal = MemoryJournal()
        try journal.append([JournalEntry(session: record.id, content: .record(record))])
        for machine in first.journal.machines { try journal.append(.machine(machine)) }
        // Nobody gets in there any more.
        backend.world.withLock { $0.stopFailures = .max }
        let second = try await hub(authenticator: authenticator, journal: journal, recovering: true)
        #expect(try await second.phase(of: "a") { $0.isOver } == .stopped(.asked))
        #expect(journal.machines.map(\.state) == [.ready] && journal.machines[0].sessions.isEmpty)
        #expect(authenticator.made == 0)
    }

    // MARK: Machines that do not answer any more

    @Test(arguments: [MachineEnd.destroy, .stop])
    func `a machine that does not answer any more is given back as it is`(_ end: MachineEnd) async throws {
        let authenticator = ScriptedAuthenticator(beside: backend)
        let hub = try await hub(
            MachinePolicy(atStop: end), authenticator: authenticator, preparations: [["what": "paint"]])
        _ = try await hub.start("a")
        backend.world.withLock { $0.stopFailures = .max }
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(backend.world.withLock { $0.stopFailures } == .max - 3, "it is asked three times")
        #expect(backend.world.withLock { $0.told.contains(.asked("abandon")) } && backend.running == 0)
        #expect(provider.world.withLock { Array($0.machines.values) } == (end == .stop ? [false] : []))
        #expect(authenticator.made == 0 && hub.journal.records.isEmpty)
    }

    @Test func `one that answers again soon ends what it has in order`() async throws {
        let hub = try await hub(preparations: [["what": "paint"]])
        _ = try await hub.start("a")
        backend.world.withLock { $0.stopFailures = 2 }
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(backend.world.withLock { $0.stopped == 1 && !$0.told.contains(.asked("abandon")) })
        #expect(configurer.world.withLock { $0.undone.count } == 1 && provider.tokens.isEmpty)
    }

    @Test func `one that is to run on is asked until it answers`() async throws {
        let hub = try await hub(MachinePolicy(atStop: .keep))
        _ = try await hub.start("a")
        backend.world.withLock { $0.stopFailures = 50 }
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(backend.world.withLock { $0.stopFailures == 0 && $0.stopped == 1 })
        #expect(provider.tokens.count == 1)
    }

    @Test func `one that is shared is given back when all its servers are to end`() async throws {
        let hub = try await hub(MachinePolicy(isShared: true))
        _ = try await hub.start("a")
        _ = try await hub.start("b", server: "two")
        backend.world.withLock { $0.stopFailures = .max }
        let first = Task { try await hub.orchestrator.stop(try SessionID("a")) }
        while backend.world.withLock({ $0.stopFailures }) > .max - 20 { await Task.yield() }
        #expect(provider.tokens.count == 1, "another server runs there")
        _ = try await hub.orchestrator.stop(try SessionID("b"))
        _ = try await first.value
        #expect(provider.tokens.isEmpty && hub.journal.machines.isEmpty && hub.journal.records.isEmpty)
    }

    @Test func `a machine that is idle for too long is given back`() async throws {
        let hub = try await hub(MachinePolicy(atStop: .keep, idleMinutes: 30))
        _ = try await hub.start("a")
        await hub.orchestrator.machines.tidy(at: Date() + 3600)
        #expect(provider.tokens.count == 1)
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        await hub.orchestrator.machines.tidy(at: Date() + 1700)
        #expect(provider.tokens.count == 1)
        await hub.orchestrator.machines.tidy(at: Date() + 1900)
        #expect(provider.tokens.isEmpty && hub.journal.machines.isEmpty)
    }

    @Test func `what is not in the journal and carries our name is told, and given back when asked to`() async throws {
        let hub = try await hub()
        let stray = MachineToken()
        provider.world.withLock { $0.machines[stray] = true }
        _ = try await hub.start("a")
        let found = await hub.orchestrator.machines.strays()
        #expect(found.left.map(\.machine.token) == [stray] && found.unreachable.isEmpty)
        try await hub.orchestrator.machines.remove(found.left[0].machine, of: "cloud")
        #expect(provider.tokens.count == 1 && !provider.tokens.contains(stray))
    }

    // MARK: Preparation

    @Test func `a machine is prepared once, and anew when what is applied changes`() async throws {
        let journal = MemoryJournal()
        let policy = MachinePolicy(atStop: .keep)
        let first = try await hub(policy, preparations: [["what": "paint", "lasting": true]], journal: journal)
        _ = try await first.start("a")
        _ = try await first.orchestrator.stop(try SessionID("a"))
        // The next daemon knows of it, too.
        let second = try await hub(
            policy, preparations: [["what": "paint", "lasting": true]], journal: journal, recovering: true)
        _ = try await second.start("b")
        #expect(configurer.world.withLock { $0.applied.count } == 1)
        _ = try await second.orchestrator.stop(try SessionID("b"))
        let third = try await hub(
            policy, preparations: [["what": "polish", "lasting": true]], journal: journal, recovering: true)
        _ = try await third.start("c")
        #expect(configurer.world.withLock { $0.applied.map { $0.prefix(6) } } == ["paint ", "polish"])
    }

    @Test func `what was applied is undone at the stop, before the way in is closed`() async throws {
        let hub = try await hub(preparations: [["what": "paint"], ["what": "polish"]])
        _ = try await hub.start("a")
        _ = try await hub.orchestrator.stop(try SessionID("a"))
        #expect(configurer.world.withLock { $0.applied.count == 2 && $0.undone.count == 2 })
    }

    @Test func `a preparation that fails fails the start with its words, and all is undone`() async throws {
        configurer.world.withLock { $0.failures = 1 }
        let hub = try await hub(preparations: [["what": "paint", "force": true]])
        guard case .failed(let failure) = try await hub.start("a") else { return #expect(Bool(false)) }
        #expect(failure.code == "backend_failed" && failure.message.contains("the brush is dry"))
        #expect(provider.tokens.isEmpty && backend.world.withLock { $0.started } == 0)
        #expect(configurer.world.withLock { $0.undone.count } == 1)
    }

    // MARK: Elsewhere

    @Test func `where a provider cannot serve the next is tried, and nothing stays at the first`() async throws {
        provider.world.withLock { $0.script = [.answerLost] }
        let authenticator = ScriptedAuthenticator(beside: backend)
        let hub = try await Hub(
            backend: backend, authenticator: authenticator, provider: provider,
            fallbacks: [SessionPlan.Fallback(provider: "yard")])
        let told = await hub.ledger.subscribe(EventFeed.Filter(session: try SessionID("a")), after: nil)
        #expect(try await hub.start("a").name == "running")
        let record = try #require(hub.journal.records.first)
        #expect(record.provider == "yard" && record.template == "yard" && record.lifecycle.machine == nil)
        #expect(provider.tokens.isEmpty && hub.journal.machines.isEmpty)
        #expect(backend.world.withLock { $0.hosts } == ["gpu-1"])
        #expect(authenticator.made == 1)
        #expect(await hub.orchestrator.admission.sessions(at: "cloud") == 0)
        #expect(await hub.orchestrator.admission.sessions(at: "yard") == 1)
        var messages: [String] = []
        for await event in told.events {
            if case .progress(let progress) = event.content { messages.append(progress.message) }
            if case .state(let record) = event.content, record.lifecycle.phase.isSettled { break }
        }
        #expect(messages.contains { $0.contains("the answer was lost; trying yard (yard)") })
        _ = try await hub.orchestrator.stop(record.id)
        #expect(authenticator.made == 0 && backend.running == 0)
    }

    @Test func `where none can serve the last one's reason is told`() async throws {
        let hub = try await Hub(
            backend: ScriptedBackend(failure: .afterCheckpoint), fallbacks: [SessionPlan.Fallback(provider: "yard")])
        guard case .failed(let failure) = try await hub.start("a") else { return #expect(Bool(false)) }
        #expect(failure.message.contains("the server fell over"))
        #expect(hub.backend.world.withLock { $0.started } == 2 && hub.backend.running == 0)
        #expect(hub.journal.records.isEmpty)
    }

    @Test func `a refusal is final`() async throws {
        let authenticator = ScriptedAuthenticator(beside: backend, failure: .beforeCheckpoint)
        let hub = try await Hub(
            backend: backend, authenticator: authenticator, fallbacks: [SessionPlan.Fallback(provider: "yard")])
        guard case .failed(let failure) = try await hub.start("a") else { return #expect(Bool(false)) }
        #expect(failure.code == "forbidden" && hub.journal.records.isEmpty)
        #expect(authenticator.world.withLock { $0.requests.isEmpty })
    }

    @Test func `the cheaper provider is taken, and one that is full is the last`() async throws {
        let hub = try await Hub(
            backend: backend,
            fallbacks: [
                SessionPlan.Fallback(provider: "dear", cost: 2), SessionPlan.Fallback(provider: "cheap", cost: 1),
            ], capacity: 1)
        for (id, user) in [("a", "alice"), ("b", "bob"), ("c", "carol")] { _ = try await hub.start(id, user: user) }
        let records = hub.journal.records
        #expect(records.map(\.provider) == ["local", "cheap", "dear"])
    }

    @Test func `a session record from before there were machines is read`() throws {
        let text = #"{"phase":{"stopping":{"_0":{"asked":{}}}}}"#
        let life = try JSONDecoder().decode(SessionLifecycle.self, from: Data(text.utf8))
        #expect(life.machine == nil && life.traces.isEmpty)
    }
}

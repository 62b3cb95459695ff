import FoundationEssentials
import MultipleSpawner
import Testing

@Suite struct EventFeedTests {
    @Test func `a reader that does not read is cut off, and holds up nobody`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        let id = try SessionID("a")
        let lazy = await hub.ledger.subscribe(EventFeed.Filter(), after: nil)
        for number in 0..<17_000 {
            await hub.ledger.report(EventFeed.Progress(percent: 50, message: "\(number)"), for: id)
        }
        var count = 0
        for await _ in lazy.events { count += 1 }
        #expect((1..<17_000).contains(count))
        #expect(try await hub.start("b", user: "bob").name == "running")
    }

    @Test func `a reader that comes back goes on where it was`() async throws {
        let hub = try await Hub()
        let first = await hub.ledger.subscribe(EventFeed.Filter(), after: nil)
        #expect(first.snapshot?.isEmpty == true)
        _ = try await hub.start("a")
        let second = await hub.ledger.subscribe(EventFeed.Filter(), after: first.newest)
        #expect(second.snapshot == nil)
        var states: [String] = []
        for await event in second.events {
            guard case .state(let record) = event.content else { continue }
            states.append(record.lifecycle.phase.name)
            if states.last == "running" { break }
        }
        #expect(states.first == "accepted")
    }

    @Test func `one that was away too long, or never was here, gets a snapshot`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        let id = try SessionID("a")
        for number in 0..<9000 {
            await hub.ledger.report(EventFeed.Progress(percent: 50, message: "\(number)"), for: id)
        }
        #expect(await hub.ledger.subscribe(EventFeed.Filter(), after: 1).snapshot?.count == 1)
        #expect(await hub.ledger.subscribe(EventFeed.Filter(), after: 1_000_000).snapshot?.count == 1)
    }

    @Test func `a hub hears of its own sessions only`() async throws {
        let hub = try await Hub()
        _ = try await hub.start("a")
        #expect(await hub.ledger.subscribe(EventFeed.Filter(hub: "hub"), after: nil).snapshot?.count == 1)
        #expect(await hub.ledger.subscribe(EventFeed.Filter(hub: "another"), after: nil).snapshot?.isEmpty == true)
    }

    @Test func `who looks late at a start hears of it from the beginning`() async throws {
        let gate = Gate()
        let hub = try await Hub(backend: ScriptedBackend(gate: gate))
        _ = try await hub.orchestrator.submit(Hub.request("a"))
        await gate.reached()
        let late = await hub.ledger.subscribe(EventFeed.Filter(session: try SessionID("a")), after: nil)
        let told = late.history.compactMap { event -> String? in
            guard case .progress(let progress) = event.content else { return nil }
            return progress.message
        }
        #expect(told.first?.contains("Starting the server") == true)
        gate.open()
    }
}

import MultipleSpawner
import Synchronization
import Testing

@Suite struct AdmissionTests {
    @Test func `users are served in turn, however many starts one of them has`() async throws {
        let admission = Admission(concurrentStarts: 1)
        let first = try SessionID("first")
        try await admission.enter(first, user: "x", provider: "local") { _ in }
        let order = Order()
        var tasks: [Task<Void, any Error>] = []
        for (id, user) in [("a0", "alice"), ("a1", "alice"), ("a2", "alice"), ("b0", "bob")] {
            let id = try SessionID(id)
            tasks.append(
                Task {
                    try await admission.enter(id, user: user, provider: "local") { _ in }
                    order.append(id.rawValue)
                    await admission.left(id)
                })
            while await admission.waiting < tasks.count { await Task.yield() }
        }
        await admission.left(first)
        for task in tasks { try await task.value }
        #expect(order.names == ["a0", "b0", "a1", "a2"])
    }

    @Test func `places count everybody's first before anybody's second`() async throws {
        let admission = Admission(concurrentStarts: 1)
        let first = try SessionID("first")
        try await admission.enter(first, user: "x", provider: "local") { _ in }
        let places = Places()
        var tasks: [Task<Void, any Error>] = []
        for (id, user) in [("a0", "alice"), ("a1", "alice"), ("b0", "bob")] {
            let id = try SessionID(id)
            tasks.append(
                Task {
                    try await admission.enter(id, user: user, provider: "local") { place in
                        places.set(id.rawValue, place)
                    }
                })
            while await admission.waiting < tasks.count { await Task.yield() }
        }
        #expect(places.all == ["a0": 1, "b0": 2, "a1": 3])
        for task in tasks { task.cancel() }
    }

    @Test func `a provider that is full holds up nobody else`() async throws {
        let admission = Admission(capacity: { $0 == "small" ? 1 : nil })
        let first = try SessionID("first")
        try await admission.enter(first, user: "x", provider: "small") { _ in }
        let second = try SessionID("second")
        let waiting = Task { try await admission.enter(second, user: "x", provider: "small") { _ in } }
        while await admission.waiting < 1 { await Task.yield() }
        try await admission.enter(try SessionID("other"), user: "x", provider: "large") { _ in }
        await admission.left(first)
        try await waiting.value
        #expect(await admission.sessions(at: "small") == 1)
    }

    @Test func `a start that is cancelled while it waits leaves the queue`() async throws {
        let admission = Admission(concurrentStarts: 1)
        try await admission.enter(try SessionID("first"), user: "x", provider: "local") { _ in }
        let second = try SessionID("second")
        let waiting = Task { try await admission.enter(second, user: "y", provider: "local") { _ in } }
        while await admission.waiting < 1 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(await admission.waiting == 0)
    }

    private final class Order: Sendable {
        private let state = Mutex<[String]>([])
        func append(_ name: String) { state.withLock { $0.append(name) } }
        var names: [String] { state.withLock { $0 } }
    }

    private final class Places: Sendable {
        private let state = Mutex<[String: Int]>([:])
        func set(_ name: String, _ place: Int) { state.withLock { $0[name] = place } }
        var all: [String: Int] { state.withLock { $0 } }
    }
}

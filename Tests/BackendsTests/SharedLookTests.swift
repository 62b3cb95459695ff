import MultipleSpawner
import Synchronization
import Testing

@testable import Backends

@Suite struct SharedLookTests {
    /// Counts how often it is asked, and answers when it is told to.
    private final class Source: Sendable {
        let asked = Mutex(0)
        let gate = Mutex<[CheckedContinuation<Void, Never>]>([])
        let isOpen = Mutex(true)

        func fetch() async -> Int {
            let number = asked.withLock { asked in
                asked += 1
                return asked
            }
            if isOpen.withLock({ $0 }) { return number }
            await withCheckedContinuation { continuation in gate.withLock { $0.append(continuation) } }
            return number
        }

        func open() {
            isOpen.withLock { $0 = true }
            let waiting = gate.withLock { gate in
                defer { gate = [] }
                return gate
            }
            for continuation in waiting { continuation.resume() }
        }

        func close() { isOpen.withLock { $0 = false } }
    }

    @Test func `a hundred who wait are answered by one look`() async throws {
        let source = Source()
        source.close()
        let shared = SharedLook { await source.fetch() }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await shared.next(after: 0).value } }
            while source.gate.withLock({ $0.isEmpty }) { await Task.yield() }
            source.open()
            for try await value in group { #expect(value <= 2) }
        }
        #expect(source.asked.withLock { $0 } <= 2)
    }

    @Test func `a fresh look began after it was asked for`() async throws {
        let source = Source()
        source.close()
        let shared = SharedLook { await source.fetch() }
        async let first = shared.next(after: 0)
        while source.gate.withLock({ $0.isEmpty }) { await Task.yield() }
        async let fresh = shared.fresh()
        // The first look is under way: what it sees may be older than the question.
        try await Task.sleep(for: .milliseconds(20))
        source.open()
        #expect(try await first.value == 1)
        #expect(try await fresh.value == 2)
    }

    @Test func `nobody looks while nobody waits`() async throws {
        let source = Source()
        let shared = SharedLook { await source.fetch() }
        _ = try await shared.next(after: 0)
        let asked = source.asked.withLock { $0 }
        try await Task.sleep(for: .milliseconds(200))
        #expect(source.asked.withLock { $0 } == asked)
    }

    @Test func `who is cancelled stops waiting at once, and the others go on`() async throws {
        let source = Source()
        source.close()
        let shared = SharedLook { await source.fetch() }
        let cancelled = Task { try await shared.next(after: 0) }
        let other = Task { try await shared.next(after: 0) }
        while source.gate.withLock({ $0.isEmpty }) { await Task.yield() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        source.open()
        #expect(try await other.value.value == 1)
    }

    @Test func `an error is told to those who waited, and the next look goes on`() async throws {
        struct Broken: Error {}
        let isBroken = Mutex(true)
        let shared = SharedLook { () async throws -> Int in
            if isBroken.withLock({ $0 }) { throw Broken() }
            return 7
        }
        await #expect(throws: Broken.self) { try await shared.next(after: 0) }
        isBroken.withLock { $0 = false }
        #expect(try await shared.next(after: 0).value == 7)
    }

    @Test func `who can do with an old look does not wait for its turn`() async throws {
        let source = Source()
        // After each look, the next would be due in an hour.
        let shared = SharedLook(pace: LookPace(share: 3_600_000, longest: .seconds(3600))) { () async -> Int in
            try? await Task.sleep(for: .milliseconds(1))
            return await source.fetch()
        }
        #expect(try await shared.fresh().value == 1)
        #expect(try await shared.affordable(within: .zero).value == 1)
        #expect(await shared.last == 1)
        #expect(source.asked.withLock { $0 } == 1)
    }

    @Test func `who hears of changes by other ways waits longer, and hurries with one who does not`() async throws {
        let source = Source()
        let hour = LookPace(share: 3_600_000_000, longest: .seconds(3600))
        let shared = SharedLook(patientPace: { hour }, { await source.fetch() })
        let seen = try await shared.fresh().number
        let patient = Task { try await shared.next(after: seen, isPatient: true).number }
        #expect(try await shared.next(after: seen).number == seen + 1)
        #expect(try await patient.value == seen + 1)
    }
}

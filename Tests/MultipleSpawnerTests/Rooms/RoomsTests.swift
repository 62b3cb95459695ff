import MultipleSpawner
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct RoomsTests {
    /// A provider that answers when it is let.
    private final class Slow: Sendable {
        let asked = Mutex(0)
        private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])
        private let isOpen: Mutex<Bool>

        init(isOpen: Bool) { self.isOpen = Mutex(isOpen) }

        func availability() async -> Availability {
            let number = asked.withLock { asked in
                asked += 1
                return asked
            }
            await withCheckedContinuation { continuation in
                let goesOn = isOpen.withLock { isOpen in
                    if !isOpen { waiting.withLock { $0.append(continuation) } }
                    return isOpen
                }
                if goesOn { continuation.resume() }
            }
            return Availability(sessions: number)
        }

        func setOpen(_ open: Bool) {
            let waiting: [CheckedContinuation<Void, Never>] = isOpen.withLock { isOpen in
                isOpen = open
                guard open else { return [] }
                return self.waiting.withLock { waiting in
                    defer { waiting = [] }
                    return waiting
                }
            }
            for continuation in waiting { continuation.resume() }
        }

        func reached() async {
            while waiting.withLock(\.isEmpty) { await Task.yield() }
        }
    }

    private static let impatient = Rooms.Patience(
        asking: .milliseconds(1), answering: .seconds(30), remembering: .seconds(30))

    @Test func `one that answers is heard at once`() async {
        let rooms = Rooms(patience: Rooms.Patience(asking: .seconds(20))) {
            Availability(sessions: $0 == "a" ? 3 : nil)
        }
        let latest = await rooms.latest(of: ["a", "b"])
        #expect(latest == ["a": Availability(sessions: 3), "b": .unknown])
    }

    @Test func `one that is slow holds up nobody, and is told as it was last`() async {
        let slow = Slow(isOpen: true)
        let rooms = Rooms(patience: Rooms.Patience(asking: .seconds(20))) { _ in await slow.availability() }
        #expect(await rooms.latest(of: ["a"])["a"] == Availability(sessions: 1))
        slow.setOpen(false)
        let hasty = Rooms(patience: Self.impatient) { name in
            name == "a" ? await slow.availability() : Availability(sessions: 7)
        }
        // Nothing is known of it yet; the other has answered.
        #expect(await hasty.latest(of: ["a"])["a"] == .unknown)
        slow.setOpen(true)
        while await hasty.latest(of: ["a"], within: .seconds(60))["a"] == .unknown { await Task.yield() }
        slow.setOpen(false)
        let known = await hasty.latest(of: ["a", "b"], within: .zero)
        #expect(known["a"] == Availability(sessions: 2))
        slow.setOpen(true)
    }

    @Test func `one that is slow is asked once, however many want to know`() async {
        let slow = Slow(isOpen: false)
        let rooms = Rooms(patience: Self.impatient) { _ in await slow.availability() }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = await rooms.latest(of: ["a"], within: .zero) } }
        }
        await slow.reached()
        #expect(slow.asked.withLock { $0 } == 1)
        slow.setOpen(true)
    }

    @Test func `what is not old is told without a question`() async {
        let slow = Slow(isOpen: true)
        let rooms = Rooms(patience: Rooms.Patience(asking: .seconds(20))) { _ in await slow.availability() }
        for _ in 0..<5 { _ = await rooms.latest(of: ["a"], within: .seconds(600)) }
        #expect(slow.asked.withLock { $0 } == 1)
        #expect(await rooms.latest(of: ["a"], within: .zero)["a"] == Availability(sessions: 2))
    }

    @Test func `one that never answers is told to be silent`() async {
        let slow = Slow(isOpen: false)
        let rooms = Rooms(
            patience: Rooms.Patience(
                asking: .milliseconds(1), answering: .milliseconds(5), remembering: .milliseconds(1))
        ) { _ in await slow.availability() }
        while await rooms.latest(of: ["a"], within: .zero)["a"] != Availability(problem: "it does not answer") {
            await Task.yield()
        }
        // It is not asked again before it has given up.
        #expect(slow.asked.withLock { $0 } == 1)
        slow.setOpen(true)
        while await rooms.latest(of: ["a"], within: .zero)["a"]?.sessions == nil { await Task.yield() }
    }
}

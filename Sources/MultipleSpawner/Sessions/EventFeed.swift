import Synchronization

/// What happens to sessions, as it happens: state changes and the steps that a waiting user sees.
///
/// Readers that were away for a moment go on where they were, as long as what they missed is still in the ring; who was
/// away longer is told so and starts from a snapshot. A reader that does not keep up is cut off, never waited for.
public final class EventFeed: Sendable {
    /// One event, numbered in the order in which things happened.
    public struct Event: Sendable {
        public let sequence: Int
        public let session: SessionID
        public let identity: SessionIdentity
        public let content: Content
    }

    public enum Content: Sendable {
        case state(SessionRecord)
        case progress(Progress)
    }

    /// A step of a start, in words.
    public struct Progress: Sendable {
        /// 0 to 100.
        public let percent: Int
        public let message: String

        public init(percent: Int, message: String) {
            self.percent = percent
            self.message = message
        }
    }

    /// Which events a reader wants.
    public struct Filter: Sendable {
        public var hub: String?
        public var session: SessionID?

        public init(hub: String? = nil, session: SessionID? = nil) {
            self.hub = hub
            self.session = session
        }

        func admits(_ event: Event) -> Bool {
            (hub == nil || hub == event.identity.hub) && (session == nil || session == event.session)
        }
    }

    private struct Reader {
        let filter: Filter
        let continuation: AsyncStream<Event>.Continuation
    }

    private struct State {
        var next = 1
        var ring: [Event] = []
        /// The position in `ring` of the oldest event once the ring is full.
        var oldest = 0
        var readers: [Int: Reader] = [:]
        var nextReader = 0
        /// What was told about starts that are still under way.
        var history: [SessionID: [Event]] = [:]
    }

    private let state = Mutex(State())
    private let capacity: Int
    private static let longestHistory = 200
    private static let readerBuffer = 16_384

    /// - Parameter capacity: how many events are kept for readers that come back.
    public init(capacity: Int = 8192) {
        self.capacity = capacity
    }

    func publish(_ content: Content, session: SessionID, identity: SessionIdentity) {
        let tooSlow = state.withLock { state in
            let event = Event(sequence: state.next, session: session, identity: identity, content: content)
            state.next += 1
            if state.ring.count < capacity {
                state.ring.append(event)
            } else {
                state.ring[state.oldest] = event
                state.oldest = (state.oldest + 1) % capacity
            }
            remember(event, in: &state)
            var tooSlow: [AsyncStream<Event>.Continuation] = []
            for (key, reader) in state.readers where reader.filter.admits(event) {
                if case .dropped = reader.continuation.yield(event) {
                    tooSlow.append(reader.continuation)
                    state.readers[key] = nil
                }
            }
            return tooSlow
        }
        // Outside of the lock: the end of a stream is told to `onTermination`, which takes it.
        for continuation in tooSlow { continuation.finish() }
    }

    /// A start's history is what a tab that is opened late replays. It is dropped once there is nothing to wait for.
    private func remember(_ event: Event, in state: inout State) {
        if case .state(let record) = event.content {
            switch record.lifecycle.phase {
            case .running, .stopped, .failed:
                state.history[event.session] = nil
                return
            case .accepted, .queued, .starting, .stopping: break
            }
        }
        guard state.history[event.session, default: []].count < Self.longestHistory else { return }
        state.history[event.session, default: []].append(event)
    }

    /// Opens a stream of the events that come from now on, led by those after `sequence` when they are still known.
    ///
    /// - Returns: `isComplete` is false when events since `sequence` are lost, or `sequence` is `nil`: take a snapshot.
    func subscribe(_ filter: Filter, after sequence: Int?) -> (events: AsyncStream<Event>, isComplete: Bool) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingOldest(Self.readerBuffer))
        let isComplete = state.withLock { state in
            let key = state.nextReader
            state.nextReader += 1
            state.readers[key] = Reader(filter: filter, continuation: continuation)
            continuation.onTermination = { [weak self] _ in
                self?.state.withLock { _ = $0.readers.removeValue(forKey: key) }
            }
            guard let sequence, sequence < state.next else { return false }
            let kept = state.ring[state.oldest...] + state.ring[..<state.oldest]
            guard sequence + 1 >= (kept.first?.sequence ?? state.next) else { return false }
            for event in kept where event.sequence > sequence && filter.admits(event) {
                continuation.yield(event)
            }
            return true
        }
        return (stream, isComplete)
    }

    /// What was told so far of a start that is under way.
    public func history(of session: SessionID) -> [Event] {
        state.withLock { $0.history[session] ?? [] }
    }

    /// The number of the newest event.
    public var newest: Int {
        state.withLock { $0.next - 1 }
    }
}

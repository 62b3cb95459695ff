#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The one truth about sessions: every change is checked against the state machine, written to the journal and told to
/// the readers of the feed, in that order.
///
/// A change takes hold in the turn in which it was checked. It becomes durable with all the others that came in the
/// meantime, in one commit, and only then does anybody hear of it: who makes a change waits for that. A commit that
/// fails takes back all that it was to write.
public actor Ledger {
    private let executor = SerialQueueExecutor(label: "multiplespawner.ledger")
    nonisolated let journal: any Journal
    private let feed: EventFeed
    private var records: [SessionID: SessionRecord] = [:]
    private var live: [SessionIdentity: SessionID] = [:]
    private var holders: [Handle: SessionID] = [:]
    private(set) var quotas: QuotaBook
    /// Sessions that are over, oldest first. They are kept for a while so that who asks late is still answered.
    private var ended: [SessionID] = []
    private static let endedKept = 1000

    /// What the next commit writes, and what there was before, in the order of the changes.
    private var uncommitted: [(entry: JournalEntry, before: SessionRecord?)] = []
    private var committing: [CheckedContinuation<Void, any Error>] = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init(journal: any Journal, feed: EventFeed, quotas: QuotaRules = QuotaRules()) {
        self.journal = journal
        self.feed = feed
        self.quotas = QuotaBook(quotas)
    }

    /// Reads the journal: what was alive when the last daemon ended, and what quotas ask for of what was over then.
    public func restore(at now: Date = Date()) throws -> [SessionRecord] {
        if let horizon = quotas.horizon(at: now) { try journal.readUsage(since: horizon) { quotas.add($0) } }
        var restored: [SessionRecord] = []
        for entry in try journal.replay() {
            guard case .record(let record) = entry.content, record.lifecycle.isLive else { continue }
            put(record, at: record.id)
            restored.append(record)
        }
        return restored
    }

    /// What `open` found.
    public enum Opening: Sendable {
        case opened
        /// The same attempt was asked for before; this is what became of it.
        case existing(SessionRecord)
        /// The same user's server has another session that is not over.
        case occupied(SessionRecord)
    }

    /// Opens a session unless it, or another one for the same server, is there already.
    ///
    /// The entry that this writes is the intent to start: whatever `Backend.start` leaves before its first checkpoint
    /// carries the session's label, and a replay looks for that.
    ///
    /// - Throws: `over_capacity` or `forbidden` for a start that a quota does not admit. What is counted there is this
    ///   session's as soon as this was checked.
    public func open(_ record: SessionRecord, at now: Date = Date()) async throws -> Opening {
        // An attempt that is just being opened is not there before its entry is.
        while isUncommitted(record.id) { try await commit() }
        if let existing = records[record.id] { return .existing(existing) }
        if let other = live[record.identity].flatMap({ records[$0] }) { return .occupied(other) }
        if let handle = record.lifecycle.handle, let holder = holders[handle] {
            throw SpawnError(.conflict, "the server is session \(holder.rawValue) already")
        }
        // One that runs already is there, whatever it may be.
        if record.lifecycle.isUnfinishedStart { try quotas.check(record, at: now) }
        change(record.id, to: record)
        try await commit()
        feed.publish(.state(record), session: record.id, identity: record.identity)
        return .opened
    }

    /// Applies one event to a session.
    ///
    /// - Parameters:
    ///   - handle: the one that there is by now, if it was refined: it is written along.
    ///   - progress: what is told to who waits, right after the change.
    @discardableResult
    public func record(
        _ event: SessionEvent, for id: SessionID, holding handle: Handle? = nil,
        telling progress: EventFeed.Progress? = nil, at now: Date = Date()
    ) async throws -> SessionRecord {
        var record = try known(id)
        if let handle, handle != record.lifecycle.handle { try record.lifecycle.apply(.checkpointed(handle)) }
        try record.lifecycle.apply(event)
        if case .answered = event {
            record.started = now
            record.expires = record.lifetime.minutes.map { now.addingTimeInterval(Double($0) * 60) }
        }
        switch event {
        case .queued, .began:
            // Nothing that a replay would act on: the entry of `open`, or the last checkpoint or grant, covers these.
            records[id] = record
        case .undone, .cleared, .moved, .checkpointed, .granted, .took, .traced, .answered, .stopping:
            if case .stopping = event, record.started != nil { record.ended = now }
            change(id, to: record, at: now)
            try await commit()
            if !record.lifecycle.isLive { retire(id) }
        }
        feed.publish(.state(record), session: id, identity: record.identity)
        if let progress { feed.publish(.progress(progress), session: id, identity: record.identity) }
        return record
    }

    /// Notes that a start is tried elsewhere.
    public func move(_ id: SessionID, to plan: SessionPlan) async throws {
        var record = try known(id)
        try record.move(to: plan)
        try quotas.check(record, at: Date())
        change(id, to: record)
        try await commit()
        feed.publish(.state(record), session: id, identity: record.identity)
    }

    /// Moves the end of a session's lifetime.
    public func extend(_ id: SessionID, to end: Date) async throws -> SessionRecord {
        var record = try known(id)
        guard case .running = record.lifecycle.phase else {
            throw SpawnError(
                .conflict,
                "session \(id.rawValue) is \(record.lifecycle.phase.name); only a running one can be extended")
        }
        record.expires = end
        change(id, to: record)
        try await commit()
        feed.publish(.state(record), session: id, identity: record.identity)
        return record
    }

    /// Puts a record in the place of the one that there was, and marks it for the next commit.
    private func change(_ id: SessionID, to record: SessionRecord, at now: Date = Date()) {
        let isLive = record.lifecycle.isLive
        let usage = isLive ? nil : UsageRecord(record, at: now)
        let entry = JournalEntry(session: id, content: isLive ? .record(record) : .forgotten, usage: usage)
        uncommitted.append((entry, records[id]))
        put(record, at: id)
        if let usage { quotas.add(usage) }
    }

    /// Waits until everything that was changed so far is durable.
    ///
    /// The commit is one more turn of this actor, behind those that wait for theirs already: what they change goes
    /// with it, so that a hundred starts at once do not cost a hundred times the disk's patience.
    private func commit() async throws {
        try await withCheckedThrowingContinuation { continuation in
            committing.append(continuation)
            if committing.count == 1 { Task { flush() } }
        }
    }

    private func flush() {
        let changes = uncommitted
        let waiting = committing
        uncommitted = []
        committing = []
        do {
            try journal.append(changes.map(\.entry))
            for continuation in waiting { continuation.resume() }
        } catch {
            for change in changes.reversed() {
                if let usage = change.entry.usage { quotas.remove(usage) }
                put(change.before, at: change.entry.session)
            }
            for continuation in waiting { continuation.resume(throwing: error) }
        }
    }

    /// Keeps the records and what they are found by in step.
    private func put(_ record: SessionRecord?, at id: SessionID) {
        if let before = records[id] {
            if live[before.identity] == id { live[before.identity] = nil }
            if let handle = before.lifecycle.handle { holders[handle] = nil }
            if before.lifecycle.isLive { quotas.remove(before) }
        }
        records[id] = record
        guard let record, record.lifecycle.isLive else { return }
        live[record.identity] = id
        quotas.add(record)
        if let handle = record.lifecycle.handle { holders[handle] = id }
    }

    /// Tells the readers of the feed about a step, in words.
    public func report(_ progress: EventFeed.Progress, for id: SessionID) {
        guard let record = records[id], record.lifecycle.isLive else { return }
        feed.publish(.progress(progress), session: id, identity: record.identity)
    }

    /// A session as the journal has it. What is not durable yet is not told.
    public subscript(id: SessionID) -> SessionRecord? {
        if let change = uncommitted.first(where: { $0.entry.session == id }) { return change.before }
        return records[id]
    }

    private func isUncommitted(_ id: SessionID) -> Bool {
        uncommitted.contains { $0.entry.session == id }
    }

    /// The session that a backend's handle belongs to.
    public func session(holding handle: Handle) -> SessionID? { holders[handle] }

    public func allRecords() -> [SessionRecord] {
        guard !uncommitted.isEmpty else { return Array(records.values) }
        var settled = records
        for change in uncommitted.reversed() { settled[change.entry.session] = change.before }
        return Array(settled.values)
    }

    /// What a reader needs to follow sessions.
    public struct Subscription: Sendable {
        /// The sessions as they are; `nil` when `events` begin right where the reader was.
        public let snapshot: [SessionRecord]?
        /// What was told so far of the start that the reader asked for.
        public let history: [EventFeed.Event]
        /// The number of the newest event that the snapshot covers.
        public let newest: Int
        public let events: AsyncStream<EventFeed.Event>
    }

    /// A snapshot and the stream of what follows it, with nothing lost or doubled in between.
    public func subscribe(_ filter: EventFeed.Filter, after sequence: Int?) -> Subscription {
        let (events, isComplete) = feed.subscribe(filter, after: sequence)
        let newest = feed.newest
        guard !isComplete else { return Subscription(snapshot: nil, history: [], newest: newest, events: events) }
        if let id = filter.session {
            return Subscription(
                snapshot: self[id].map { [$0] } ?? [], history: feed.history(of: id), newest: newest, events: events)
        }
        let matching = allRecords().filter { record in
            record.lifecycle.isLive && (filter.hub == nil || filter.hub == record.identity.hub)
        }
        return Subscription(snapshot: matching, history: [], newest: newest, events: events)
    }

    private func known(_ id: SessionID) throws -> SessionRecord {
        guard let record = records[id] else {
            throw SpawnError(.notFound, "there is no session \(id.rawValue); `multiplespawner sessions` lists them")
        }
        return record
    }

    private func retire(_ id: SessionID) {
        ended.append(id)
        guard ended.count > Self.endedKept else { return }
        for id in ended.prefix(Self.endedKept / 4) where records[id]?.lifecycle.isLive == false {
            records[id] = nil
        }
        ended.removeFirst(Self.endedKept / 4)
    }

    /// Drops a session that is over, so that its id can be used once more.
    public func drop(_ id: SessionID) {
        guard records[id]?.lifecycle.isLive == false else { return }
        records[id] = nil
        ended.removeAll { $0 == id }
    }
}

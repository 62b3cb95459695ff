#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Where the ledger writes down what it is about to do. Synchronous on purpose: nothing else can happen meanwhile.
public protocol Journal: Sendable {
    /// Makes the entries durable before it returns, all of them or none. When it throws, nothing was written.
    func append(_ entries: [JournalEntry]) throws

    /// The last entry of every session that is not forgotten, in the order in which the sessions were opened.
    func replay() throws -> [JournalEntry]

    /// The same for machines: makes the entry durable before it returns.
    func append(_ entry: MachineEntry) throws

    /// The last entry of every machine that is not forgotten.
    func replayMachines() throws -> [MachineEntry]

    /// Hands over what sessions used that ended after `since`, each once. It may be called beside everything else.
    func readUsage(since: Date, _ body: (UsageRecord) throws -> Void) throws

    /// Forgets what sessions used that ended before then.
    func forgetUsage(before: Date) throws
}

/// What is kept of a machine, after one event.
public enum MachineEntry: Sendable, Hashable {
    case machine(MachineRecord)
    /// It was given back: nothing of it is left.
    case gone(MachineToken)
    /// What was applied to it; nothing where `digests` is empty.
    case prepared(PreparedMachine)
    /// A host of a pool that takes no new session, or does so again.
    case drained(DrainedHost, Bool)
}

/// One session's whole record after one event.
///
/// An entry says everything, so a replay needs only the last one of each session, and a journal may drop the others.
public struct JournalEntry: Sendable {
    public enum Content: Sendable {
        case record(SessionRecord)
        /// Everything was undone: nothing of this session is left anywhere.
        case forgotten
    }

    public let session: SessionID
    public let content: Content
    /// What the session used, where it is over and used anything: kept when the session is forgotten.
    public let usage: UsageRecord?

    public init(session: SessionID, content: Content, usage: UsageRecord? = nil) {
        self.session = session
        self.content = content
        self.usage = usage
    }
}

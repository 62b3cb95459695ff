#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Adds up what sessions used: those that are over from the journal, and those that run. On a queue of its own, as a
/// journal of a year takes a while to read.
public actor UsageReader {
    private let executor = SerialQueueExecutor(label: "multiplespawner.usage")
    private let ledger: Ledger
    private let journal: any Journal

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(ledger: Ledger) {
        self.ledger = ledger
        journal = ledger.journal
    }

    /// What was used in a span of time.
    public func report(
        since: Date, until: Date, filter: UsageReport.Filter = UsageReport.Filter(), at now: Date = Date()
    ) async throws -> UsageReport {
        var report = UsageReport(since: since, until: until, filter: filter)
        // These first: one that ends meanwhile is in the journal then, and counted once.
        let running = await ledger.allRecords().filter(\.lifecycle.isLive).compactMap { UsageRecord($0, at: now) }
        for usage in running { report.add(usage) }
        let counted = Set(running.map(\.session))
        try journal.readUsage(since: since) { usage in
            if !counted.contains(usage.session) { report.add(usage) }
        }
        return report
    }

    /// Forgets what ended before then.
    public func forget(before: Date) throws {
        try journal.forgetUsage(before: before)
    }
}

import FoundationEssentials
import Glibc
import MultipleSpawner
import Synchronization

/// Kills the daemon at a chosen write, to show that nothing is lost and nothing is started twice.
///
/// `serve --crash-at-write N` kills right before the N-th write, `--crash-after-write N` right after it.
final class CrashingJournal: Journal {
    private let journal: any Journal
    private let before: Int?
    private let after: Int?
    private let writes = Atomic(0)

    init(_ journal: any Journal, before: Int?, after: Int?) {
        self.journal = journal
        self.before = before
        self.after = after
    }

    func append(_ entries: [JournalEntry]) throws {
        try write { try journal.append(entries) }
    }

    func append(_ entry: MachineEntry) throws {
        try write { try journal.append(entry) }
    }

    func replay() throws -> [JournalEntry] { try journal.replay() }

    func replayMachines() throws -> [MachineEntry] { try journal.replayMachines() }

    func readUsage(since: Date, _ body: (UsageRecord) throws -> Void) throws {
        try journal.readUsage(since: since, body)
    }

    func forgetUsage(before: Date) throws { try journal.forgetUsage(before: before) }

    private func write(_ work: () throws -> Void) throws {
        let number = writes.add(1, ordering: .sequentiallyConsistent).newValue
        if number == before { kill(getpid(), SIGKILL) }
        try work()
        if number == after { kill(getpid(), SIGKILL) }
    }
}

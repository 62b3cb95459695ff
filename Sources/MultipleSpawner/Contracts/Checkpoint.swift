/// How a step tells what it has done, or is about to ask for, while it is doing it.
///
/// Calling it writes what it is called with to the journal and returns when that is on disk. What is given later replaces
/// what was given before.
public struct JournalCheckpoint<Kept: Sendable>: Sendable {
    private let save: @Sendable (Kept) async throws -> Void
    private let refine: @Sendable (Kept) async throws -> Void
    private let tell: @Sendable (_ message: String) async -> Void

    /// - Parameter refine: takes what need not be on disk yet; `nil`: all has to be.
    public init(
        save: @escaping @Sendable (Kept) async throws -> Void,
        refine: (@Sendable (Kept) async throws -> Void)? = nil,
        tell: @escaping @Sendable (_ message: String) async -> Void = { _ in }
    ) {
        self.save = save
        self.refine = refine ?? save
        self.tell = tell
    }

    public func callAsFunction(_ kept: Kept) async throws {
        try await save(kept)
    }

    /// The same for what only adds to what was given before, by which all that there is would be found and undone as well.
    /// It goes to disk with what is written next, and nobody waits for that.
    public func refined(_ kept: Kept) async throws {
        try await refine(kept)
    }

    /// Tells the waiting user what is going on: `pulling the image (120 of 450 MB)`.
    public func report(_ message: String) async {
        await tell(message)
    }
}

/// What `Backend.start` calls.
public typealias Checkpoint = JournalCheckpoint<Handle>
/// What `Provider.acquire` calls.
public typealias LeaseCheckpoint = JournalCheckpoint<Lease>
/// What `Authenticator.prepare` calls.
public typealias GrantCheckpoint = JournalCheckpoint<Grant>
/// What `Configurer.apply` calls.
public typealias TraceCheckpoint = JournalCheckpoint<Trace>

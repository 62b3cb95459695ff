/// How a start tells what it has done, while it is doing it.
///
/// Calling it with a handle writes the handle to the journal and returns when that is on disk. A later handle replaces
/// an earlier one.
public struct Checkpoint: Sendable {
    private let save: @Sendable (Handle) async throws -> Void
    private let tell: @Sendable (_ message: String) async -> Void

    public init(
        save: @escaping @Sendable (Handle) async throws -> Void,
        tell: @escaping @Sendable (_ message: String) async -> Void = { _ in }
    ) {
        self.save = save
        self.tell = tell
    }

    public func callAsFunction(_ handle: Handle) async throws {
        try await save(handle)
    }

    /// Tells the waiting user what is going on: `pulling the image (120 of 450 MB)`.
    public func report(_ message: String) async {
        await tell(message)
    }
}

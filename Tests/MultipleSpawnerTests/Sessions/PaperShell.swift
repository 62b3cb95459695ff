import MultipleSpawner

/// A machine whose every command is well.
struct PaperShell: RemoteShell {
    var place: String { "paper" }

    func run(_ command: RemoteCommand) async throws -> RemoteAnswer { RemoteAnswer(status: 0) }

    func follow(_ command: RemoteCommand) async throws -> LogStream { LogStream { $0.finish() } }
}

public import MultipleSpawner
import Transport

extension ExecBackend {
    public func logs(_ handle: Handle, follow: Bool) async throws -> LogStream {
        let exec = try trusted(handle)
        let program = try program(of: exec.place)
        let question = fields(of: exec.place, exec.fields.merging(["follow": .bool(follow)]) { own, _ in own })
        let relay = ExecLogRelay()
        let telling = Task {
            do {
                // A log is followed as long as its server lives, or somebody reads it.
                _ = try await program.ask(
                    "logs", question, limit: follow ? .seconds(365 * 86_400) : nil, log: { try await relay.offer($0) })
                relay.finish(.success(()))
            } catch {
                relay.finish(.failure(error))
            }
        }
        let reader = ExecLogReader(relay, telling)
        return LogStream { try await reader.next() }
    }
}

/// The reader of a log with the task that has it told; gone together with the stream that holds it.
private final class ExecLogReader: Sendable {
    private let relay: ExecLogRelay
    private let telling: Task<Void, Never>

    init(_ relay: ExecLogRelay, _ telling: Task<Void, Never>) {
        self.relay = relay
        self.telling = telling
    }

    deinit {
        telling.cancel()
    }

    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await relay.next()
        } onCancel: {
            telling.cancel()
        }
    }
}

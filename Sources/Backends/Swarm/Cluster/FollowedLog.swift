import MultipleSpawner
import Synchronization

/// A log that is followed until its session ends.
///
/// Docker goes on with a stream of a service that is gone, and says nothing more: its end has to be seen elsewhere.
final class FollowedLog: Sendable {
    private let pieces: Mutex<LogStream.Iterator>
    private let cluster: SwarmCluster
    private let session: SessionID

    /// How long nothing has to be heard before it is asked whether anything will be.
    private static let patience = Duration.seconds(2)

    init(_ log: LogStream, of session: SessionID, in cluster: SwarmCluster) {
        pieces = Mutex(log.makeAsyncIterator())
        self.cluster = cluster
        self.session = session
    }

    var stream: LogStream { LogStream { try await self.next() } }

    private func next() async throws -> [UInt8]? {
        try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try await self.read() }
            group.addTask {
                try await self.end()
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func read() async throws -> [UInt8]? {
        // All iterators of a stream share its place in it, so a copy reads on.
        var copy = pieces.withLock { $0 }
        return try await copy.next()
    }

    private func end() async throws {
        while true {
            try await Task.sleep(for: Self.patience)
            guard let tasks = try? await cluster.tasks.recent().value[session] ?? [] else { continue }
            if tasks.allSatisfy(\.state.isFinal) { return }
        }
    }
}

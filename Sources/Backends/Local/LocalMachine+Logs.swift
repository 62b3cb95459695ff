import MultipleSpawner

extension LocalMachine {
    /// The server's output. With `follow`, until its process ends; what it wrote last is still told.
    func logs(_ handle: Handle, follow: Bool) async throws(SpawnError) -> LogStream {
        let local = try trusted(handle)
        guard let path = local.log else {
            throw SpawnError(
                .notFound,
                "no log is kept of process \(local.pid): it was started by JupyterHub itself, whose own log has it")
        }
        let reader = try LogReader(path, follow: follow)
        guard follow else { return LogStream { try await reader.next() } }

        // Listened to before it is looked at, so that an end in between is heard.
        let ends = watcher.changes(of: handle.backend)
        guard case .running = await attached(handle, local) else {
            reader.end()
            return LogStream { try await reader.next() }
        }
        let waiting = Task {
            for await ended in ends where ended == handle { break }
            reader.end()
        }
        let follower = LogFollower(reader, waiting)
        return LogStream { try await follower.next() }
    }
}

/// A reader with the task that tells it of the end; gone together with the stream that holds it.
private final class LogFollower: Sendable {
    private let reader: LogReader
    private let waiting: Task<Void, Never>

    init(_ reader: LogReader, _ waiting: Task<Void, Never>) {
        self.reader = reader
        self.waiting = waiting
    }

    deinit {
        waiting.cancel()
    }

    func next() async throws -> [UInt8]? {
        try await reader.next()
    }
}

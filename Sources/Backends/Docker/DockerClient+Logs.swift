public import MultipleSpawner
import Synchronization
import Transport

extension DockerClient {
    /// A log as bytes: `log("/containers/ID/logs", query: ["stdout": "1", "stderr": "1", "follow": "1"], hasTerminal: false)`.
    ///
    /// Letting go of it ends the transfer. It throws `DockerError`, or `CancellationError`.
    public func log(
        _ path: String, query: [String: String], hasTerminal: Bool
    ) async throws(DockerError) -> LogStream {
        let body = try await open(path, query: query).body
        let log = DockerLog(body, host: host, hasTerminal: hasTerminal)
        return LogStream { try await log.next() }
    }
}

/// A log that is read a piece at a time.
private final class DockerLog: Sendable {
    private let body: HTTPBody
    private let host: DockerHost
    private let hasTerminal: Bool
    private let frames = Mutex(LogDemultiplexer())

    init(_ body: HTTPBody, host: DockerHost, hasTerminal: Bool) {
        self.body = body
        self.host = host
        self.hasTerminal = hasTerminal
    }

    func next() async throws -> [UInt8]? {
        // All iterators of a body go on where the last one stopped.
        var pieces = body.makeAsyncIterator()
        do {
            while let piece = try await pieces.next() {
                guard !hasTerminal else { return piece }
                let written = try frames.withLock { try $0.take(piece) }
                if !written.isEmpty { return written }
            }
            try frames.withLock { try $0.end() }
            return nil
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw DockerError(reading: error, from: host)
        }
    }
}

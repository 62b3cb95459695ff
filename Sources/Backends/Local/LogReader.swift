import Glibc
import MultipleSpawner
import Synchronization

/// Reads a log from its beginning, a piece at a time as the caller asks, so that a long one is never in memory whole.
final class LogReader: Sendable {
    private let descriptor: Int32
    /// What ends the waiting for more: a write to the file, and the end of the process.
    private let signs: AsyncStream<Void>
    private let sign: AsyncStream<Void>.Continuation
    private let hasEnded = Mutex(false)
    private let watch: FileWatch?

    init(_ path: String, follow: Bool) throws(SpawnError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            let reason = SystemError.last
            throw SpawnError(.notFound, "the session's log '\(path)' cannot be read: \(reason)")
        }
        self.descriptor = descriptor
        (signs, sign) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        guard follow else {
            watch = nil
            return
        }
        do throws(SystemError) {
            watch = try FileWatch(path, changed: { [sign] in sign.yield() })
        } catch {
            close(descriptor)
            throw SpawnError(.unavailable, "the session's log '\(path)' cannot be followed: \(error)")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Nothing more is written: what is there is read, and then it is over.
    func end() {
        hasEnded.withLock { $0 = true }
        sign.yield()
    }

    /// The next piece; `nil` at the end.
    func next() async throws -> [UInt8]? {
        while true {
            try Task.checkCancellation()
            // Asked before the read: what was written before the end is read in any case.
            let isLast = watch == nil || hasEnded.withLock { $0 }
            let piece = try await BlockingWork.run { [descriptor] in Self.read(descriptor) }.get()
            if !piece.isEmpty { return piece }
            if isLast { return nil }
            for await _ in signs { break }
        }
    }

    private static func read(_ descriptor: Int32) -> Result<[UInt8], SpawnError> {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count >= 0 { return .success(Array(buffer[..<count])) }
            guard errno == EINTR else {
                return .failure(SpawnError(.backendFailed, "the session's log cannot be read: \(SystemError.last)"))
            }
        }
    }
}

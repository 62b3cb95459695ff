import Dispatch
import Glibc

/// Carries bytes between two connected sockets, both ways, and closes both when both ways have ended.
///
/// Each way holds at most one piece: a reader that is slow holds up its writer and nobody else.
final class SocketPump: @unchecked Sendable {
    // Unchecked: all that changes is touched on `queue` alone.
    private let queue = DispatchQueue(label: "multiplespawner.ssh.pump")
    private var ways: [Way] = []
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    private var sources = 0
    private var isClosed = false
    private var ended: (@Sendable () -> Void)?

    /// Takes both descriptors over.
    init(_ near: Int32, _ far: Int32) {
        for descriptor in [near, far] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
        ways = [Way(from: near, to: far), Way(from: far, to: near)]
    }

    /// - Parameters:
    ///   - heard: called once: `true` when the far side has said something, `false` when it ended without.
    ///   - ended: called when all is over and both are closed.
    func start(heard: @escaping @Sendable (Bool) -> Void, ended: @escaping @Sendable () -> Void) {
        queue.async { [self] in
            self.ended = ended
            ways[1].heard = heard
            for way in ways { arm(way) }
        }
    }

    /// Ends it at once.
    func cancel() {
        queue.async { [self] in
            for way in ways { finish(way) }
        }
    }

    /// One direction.
    private final class Way {
        let from: Int32
        let to: Int32
        var piece: ArraySlice<UInt8> = []
        var source: (any DispatchSourceProtocol)?
        var isWriting = false
        var isOver = false
        var heard: (@Sendable (Bool) -> Void)?

        init(from: Int32, to: Int32) {
            self.from = from
            self.to = to
        }
    }

    /// Waits for what the way needs next: something to read, or room to write.
    private func arm(_ way: Way) {
        guard !way.isOver else { return }
        way.isWriting = !way.piece.isEmpty
        let source: any DispatchSourceProtocol =
            way.isWriting
            ? DispatchSource.makeWriteSource(fileDescriptor: way.to, queue: queue)
            : DispatchSource.makeReadSource(fileDescriptor: way.from, queue: queue)
        source.setEventHandler { [self] in
            guard !way.isOver else { return }
            if way.isWriting { write(way) } else { read(way) }
        }
        source.setCancelHandler { [self] in
            sources -= 1
            closeIfDone()
        }
        sources += 1
        way.source = source
        source.resume()
    }

    private func read(_ way: Way) {
        let count = buffer.withUnsafeMutableBytes { Glibc.read(way.from, $0.baseAddress, $0.count) }
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return finish(way) }
        way.heard?(true)
        way.heard = nil
        way.piece = buffer[..<count]
        write(way)
    }

    private func write(_ way: Way) {
        while !way.piece.isEmpty {
            let count = way.piece.withUnsafeBytes { send(way.to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { break }
            guard count > 0 else {
                // Nobody reads any more: what else comes is of no use to anybody.
                for way in ways { finish(way) }
                return
            }
            way.piece = way.piece.dropFirst(count)
        }
        guard way.isWriting == way.piece.isEmpty else { return }
        way.source?.cancel()
        arm(way)
    }

    private func finish(_ way: Way) {
        guard !way.isOver else { return }
        way.isOver = true
        way.heard?(false)
        way.heard = nil
        way.source?.cancel()
        way.source = nil
        shutdown(way.to, Int32(SHUT_WR))
        closeIfDone()
    }

    /// A descriptor may be closed only when no source looks at it any more.
    private func closeIfDone() {
        guard sources == 0, !isClosed, ways.allSatisfy(\.isOver) else { return }
        isClosed = true
        close(ways[0].from)
        close(ways[0].to)
        ended?()
        ended = nil
    }
}

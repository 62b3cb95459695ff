import Glibc
public import MultipleSpawner
import Synchronization

/// Our end of a tunnel: a port of this machine at which programs reach a place on another.
///
/// It listens until it or its `SSHLinks` are closed, whatever happens to the connection: the address stays the same. Who
/// connects while there is none waits for a bounded time. No connection has a thread of its own.
public final class TunnelListener: Sendable {
    /// The port at 127.0.0.1.
    public let port: Int

    private let links: SSHLinks
    private let door: Mutex<UInt64?>
    private let waiting = Mutex(0)
    private let end: TunnelEnd
    private let patience: Duration
    private let link: @Sendable () async throws -> any SSHLink

    /// The most that wait for a connection; more are turned away.
    private static let mostWaiting = 512

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - links: on whose thread it is served; it ends with them.
    ///   - port: the same one again after a restart; 0 takes any that is free.
    ///   - end: the place there, as seen from the other machine.
    ///   - patience: how long one may wait for a connection to the other machine.
    ///   - link: the connection to it, as it is now.
    /// - Throws: `conflict` where the port is taken.
    public init(
        on links: SSHLinks, port: Int = 0, to end: TunnelEnd, patience: Duration = .seconds(15),
        link: @escaping @Sendable () async throws -> any SSHLink
    ) throws(SpawnError) {
        self.links = links
        self.end = end
        self.patience = patience
        self.link = link
        let (socket, port) = try Self.listen(port)
        self.port = port
        door = Mutex(nil)
        // The door keeps it alive: a tunnel that nobody holds is still one.
        let number = links.open(socket) { descriptor in self.accept(descriptor) }
        door.withLock { $0 = number }
    }

    /// Listens no more. Connections that are under way go on. The port is free when it returns.
    public func close() async {
        let number = door.withLock { door in
            defer { door = nil }
            return door
        }
        if let number { await links.shut(number) }
    }

    /// Takes over what was accepted, on the thread of the connections.
    private func accept(_ descriptor: Int32) {
        let mayWait = waiting.withLock { waiting in
            guard waiting < Self.mostWaiting else { return false }
            waiting += 1
            return true
        }
        guard mayWait else { return discard(descriptor) }
        Task {
            await carry(descriptor)
            waiting.withLock { $0 -= 1 }
        }
    }

    /// Finds it a connection, again where that is lost just then.
    private func carry(_ descriptor: Int32) async {
        defer { discard(descriptor) }
        let deadline = ContinuousClock.now + patience
        repeat {
            do {
                let link = try await within(deadline)
                // The link closes its own descriptor, and the connection stays ours for the next.
                let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
                guard copy >= 0 else { return }
                return try await link.carry(OpenSocket(owning: copy), to: end)
            } catch let error as SpawnError where error.code.isWorthRetrying {
                try? await Task.sleep(for: .milliseconds(200))
            } catch {
                return
            }
        } while ContinuousClock.now < deadline
    }

    private func within(_ deadline: ContinuousClock.Instant) async throws -> any SSHLink {
        try await withThrowingTaskGroup(of: (any SSHLink).self) { [link] group in
            group.addTask { try await link() }
            group.addTask {
                try await Task.sleep(until: deadline)
                throw SpawnError(.timedOut, "no connection came about")
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }

    private static func listen(_ port: Int) throws(SpawnError) -> (socket: Int32, port: Int) {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var one: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let address = InternetAddress.resolve("127.0.0.1", port: port, isNumeric: true).0.first
        guard socket >= 0, let address, address.bind(socket) == 0, Glibc.listen(socket, 512) == 0 else {
            let reason = errno
            if socket >= 0 { Glibc.close(socket) }
            throw SpawnError(
                reason == EADDRINUSE ? .conflict : .internal,
                "cannot listen at 127.0.0.1:\(port): \(String(cString: strerror(reason)))")
        }
        var bound = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &bound) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        return (socket, Int(UInt16(bigEndian: bound.sin_port)))
    }
}

/// Closes what nobody takes.
private func discard(_ descriptor: Int32) {
    Glibc.close(descriptor)
}

import Glibc
import Synchronization

/// An HTTP server that does what a test says, also what no server should: be silent, break off, say nonsense.
///
/// Each connection has a thread of its own, on which the script runs and may wait.
public final class ScriptedServer: Sendable {
    public typealias Script = @Sendable (Request, Connection) -> Void

    /// The path of its socket; `nil`: it listens on 127.0.0.1.
    public let socket: String?
    public let port: Int
    private let listener: Int32
    private let script: Script
    private let state = Mutex(State())

    private struct State {
        var open: [Int32: Connection] = [:]
        var threads: [pthread_t] = []
        var connections = 0
        var requests: [Request] = []
        var isStopped = false
    }

    /// - Parameter socket: where to listen; `nil`: at a free port of 127.0.0.1.
    public init(socket: String? = nil, _ script: @escaping Script) throws(ServerError) {
        self.socket = socket
        self.script = script
        listener = Glibc.socket(socket == nil ? AF_INET : AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw ServerError(errno) }
        port = if let socket { try Self.bind(listener, socket) } else { try Self.bind(listener) }
        guard listen(listener, 1024) == 0 else { throw ServerError(errno) }
        let accepting = Unmanaged.passRetained(self)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<ScriptedServer>.fromOpaque(context).takeRetainedValue().accept()
                return nil
            }, accepting.toOpaque())
        state.withLock { $0.threads.append(thread) }
    }

    /// Where it is, for a request: `http://127.0.0.1:PORT`, or a host of no meaning before a socket.
    public var url: String { socket == nil ? "http://127.0.0.1:\(port)" : "http://docker" }

    /// How many connections were made so far.
    public var connections: Int { state.withLock(\.connections) }
    /// How many of them have not ended yet.
    public var openConnections: Int { state.withLock(\.open.count) }
    /// All requests so far, in the order in which they were read.
    public var requests: [Request] { state.withLock(\.requests) }

    /// Breaks all connections off, and takes no more.
    public func stop() {
        let (threads, connections) = state.withLock { state in
            defer { state.threads = [] }
            let isFirst = !state.isStopped
            state.isStopped = true
            return (isFirst ? state.threads : [], Array(state.open.values))
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in connections { connection.breakOff() }
        for thread in threads { pthread_join(thread, nil) }
        if !threads.isEmpty { close(listener) }
        if let socket { unlink(socket) }
    }

    private func accept() {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            let connection = Connection(descriptor)
            let serving = Unmanaged.passRetained(Serving(server: self, connection: connection))
            state.withLock { state in
                guard !state.isStopped else {
                    close(descriptor)
                    return serving.release()
                }
                state.connections += 1
                state.open[descriptor] = connection
                var thread = pthread_t()
                pthread_create(
                    &thread, nil,
                    { context in
                        guard let context else { return nil }
                        let serving = Unmanaged<Serving>.fromOpaque(context).takeRetainedValue()
                        serving.server.serve(serving.connection)
                        return nil
                    }, serving.toOpaque())
                state.threads.append(thread)
            }
        }
    }

    private final class Serving: Sendable {
        let server: ScriptedServer
        let connection: Connection

        init(server: ScriptedServer, connection: Connection) {
            self.server = server
            self.connection = connection
        }
    }

    private func serve(_ connection: Connection) {
        while !connection.isOver, let request = connection.read() {
            state.withLock { $0.requests.append(request) }
            script(request, connection)
        }
        state.withLock { $0.open[connection.descriptor] = nil }
        connection.end()
    }

    private static func bind(_ listener: Int32) throws(ServerError) -> Int {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(listener, $0, length) == 0 ? getsockname(listener, $0, &length) : -1
            }
        }
        guard result == 0 else { throw ServerError(errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func bind(_ listener: Int32, _ path: String) throws(ServerError) -> Int {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { throw ServerError(ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        unlink(path)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw ServerError(errno) }
        return 0
    }
}

/// The `errno` of a call that a server needs.
public struct ServerError: Error, Sendable {
    public let number: Int32

    init(_ number: Int32) {
        self.number = number
    }
}

import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Transport

/// Plain blocking sockets, each call on a thread that may block.
struct TestSocket: Sendable {
    let descriptor: Int32

    static func freePort() throws -> Int {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { Glibc.close(socket) }
        return try bound(socket, port: 0)
    }

    static func connect(port: Int) async throws -> TestSocket {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let failure = await blocking { address(port) { Glibc.connect(socket, $0, $1) } }
        if failure != 0 { Glibc.close(socket) }
        try #require(failure == 0)
        return TestSocket(descriptor: socket)
    }

    static func bound(_ socket: Int32, port: Int) throws -> Int {
        var one: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        try #require(address(port) { bind(socket, $0, $1) } == 0)
        var bound = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &bound) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        return Int(UInt16(bigEndian: bound.sin_port))
    }

    private static func address(_ port: Int, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static let queue = DispatchQueue(label: "sockets", attributes: .concurrent)

    static func blocking<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }

    @discardableResult
    func send(_ bytes: [UInt8]) async -> Bool {
        await Self.blocking { [self] in sendAll(bytes) }
    }

    func sendAll(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    func receiveSome(_ most: Int = 65536) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: most)
        let count = recv(descriptor, &bytes, most, 0)
        return Array(bytes.prefix(max(0, count)))
    }

    func receive(_ count: Int) async -> [UInt8] {
        await Self.blocking { [self] in
            var bytes: [UInt8] = []
            while bytes.count < count {
                let more = receiveSome(count - bytes.count)
                if more.isEmpty { break }
                bytes += more
            }
            return bytes
        }
    }

    func receiveToEnd() async -> [UInt8] {
        await receive(.max >> 1, upTo: 1 << 30)
    }

    private func receive(_ count: Int, upTo most: Int) async -> [UInt8] {
        await Self.blocking { [self] in
            var bytes: [UInt8] = []
            while bytes.count < most {
                let more = receiveSome()
                if more.isEmpty { break }
                bytes += more
            }
            return bytes
        }
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }
    func close() { Glibc.close(descriptor) }
}

/// A server whose every connection is served by one function on a thread of its own.
final class TestListener: Sendable {
    let port: Int
    private let socket: Int32
    let accepted = Mutex(0)

    init(path: String? = nil, _ serve: @escaping @Sendable (TestSocket) -> Void) throws {
        let family = path == nil ? AF_INET : AF_UNIX
        let socket = Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if let path {
            let address = try #require(InternetAddress(path: path))
            try #require(address.bind(socket) == 0)
            port = 0
        } else {
            port = try TestSocket.bound(socket, port: 0)
        }
        try #require(listen(socket, 256) == 0)
        self.socket = socket
        let thread = OwnThread("listener") { [weak self] in
            while true {
                let descriptor = accept(socket, nil, nil)
                if descriptor < 0 {
                    if errno == EINTR { continue }
                    break
                }
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                self?.accepted.withLock { $0 += 1 }
                _ = OwnThread("connection") {
                    serve(TestSocket(descriptor: descriptor))
                    Glibc.close(descriptor)
                }
            }
            Glibc.close(socket)
        }
        _ = try #require(thread as OwnThread?)
    }

    func stop() { shutdown(socket, Int32(SHUT_RDWR)) }

    static func echo(path: String? = nil) throws -> TestListener {
        try TestListener(path: path) { connection in
            while true {
                let bytes = connection.receiveSome()
                if bytes.isEmpty || !connection.sendAll(bytes) { break }
            }
        }
    }
}

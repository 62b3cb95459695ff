import Glibc
import Synchronization

/// One client of a scripted server.
public final class Connection: Sendable {
    let descriptor: Int32
    private let state = Mutex(State())

    private struct State {
        var isOver = false
        var isClosed = false
        var read: [UInt8] = []
    }

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    var isOver: Bool { state.withLock(\.isOver) }

    /// Answers with a whole answer, after which the next request may come.
    public func answer(_ status: Int = 200, _ body: String = "", headers: [String: String] = [:]) {
        let extra = headers.map { "\($0): \($1)\r\n" }.joined()
        send("HTTP/1.1 \(status) Said\r\nContent-Length: \(body.utf8.count)\r\n\(extra)\r\n\(body)")
    }

    /// Begins an answer of chunks.
    public func beginStream(_ status: Int = 200) {
        send("HTTP/1.1 \(status) Said\r\nTransfer-Encoding: chunked\r\n\r\n")
    }

    /// `false` when the client is gone.
    @discardableResult
    public func chunk(_ bytes: some Collection<UInt8>) -> Bool {
        send(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8))
    }

    public func endStream() {
        send("0\r\n\r\n")
    }

    @discardableResult
    public func send(_ text: String) -> Bool {
        send(Array(text.utf8))
    }

    /// Bytes as they are; waits while the client does not take them.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Breaks the connection off.
    public func breakOff() {
        state.withLock { state in
            state.isOver = true
            if !state.isClosed { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Says nothing until the client is gone.
    public func waitForEnd() {
        var byte: UInt8 = 0
        while Glibc.read(descriptor, &byte, 1) > 0 {}
        breakOff()
    }

    /// The next request; `nil` when the client is gone.
    func read() -> Request? {
        var bytes = state.withLock { state in
            defer { state.read = [] }
            return state.read
        }
        let end = Array("\r\n\r\n".utf8)
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            if let range = bytes.firstRange(of: end) {
                let head = String(decoding: bytes[..<range.lowerBound], as: UTF8.self)
                guard let bare = Request(head: head, body: []) else { return nil }
                let length = bare.headers["content-length"].flatMap { Int($0) } ?? 0
                if bytes.count >= range.upperBound + length {
                    let rest = Array(bytes[(range.upperBound + length)...])
                    state.withLock { $0.read = rest }
                    return Request(head: head, body: Array(bytes[range.upperBound..<(range.upperBound + length)]))
                }
            }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    func end() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.isClosed = true
            close(descriptor)
        }
    }
}

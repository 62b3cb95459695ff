import CLibSSH2
import Glibc

/// The socket below a session. libssh2 writes into a queue that takes everything, for a packet half written makes its
/// next writer fail; and it reads what a look at the socket has promised, without asking the system in vain.
///
/// It belongs to one thread at a time, as its session does.
final class SSHWire {
    let descriptor: Int32
    private let socket: OpenSocket
    private var queue: [UInt8] = []
    private var sent = 0
    /// Whether the socket may have bytes that were not read yet.
    private(set) var mayHaveMore = true
    /// What may still be read in this turn.
    private var budget = Int.max
    private(set) var lastHeard = ContinuousClock.now
    /// What a server that asks for a password is answered, once.
    var password: String?
    /// Why nothing comes or goes any more: `errno`, or 0 where the other side ended it.
    private(set) var ending: Int32?

    /// Above this, writers are held back.
    static let mostBacklog = 256 * 1024
    /// What one connection may read before the others have their turn.
    static let bytesPerTurn = 512 * 1024

    init(_ socket: consuming OpenSocket) {
        descriptor = socket.descriptor
        self.socket = socket
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        set(TCP_NODELAY)
    }

    /// How many bytes wait to be sent.
    var backlog: Int { queue.count - sent }

    var isFull: Bool { backlog >= Self.mostBacklog }

    /// The socket is said to have bytes, or to have ended.
    func noteReadable() {
        mayHaveMore = true
        budget = Self.bytesPerTurn
        set(TCP_QUICKACK)
    }

    /// Whether anybody has asked the socket for bytes in this turn.
    private(set) var hasRead = false

    /// A new turn begins.
    func beginTurn() {
        budget = Self.bytesPerTurn
        hasRead = false
    }

    /// Sends what the socket takes now.
    func flush() {
        while sent < queue.count, ending == nil {
            let count = queue.withUnsafeBytes { bytes in
                send(descriptor, bytes.baseAddress.map { $0 + sent }, queue.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                guard errno != EINTR else { continue }
                if errno != EAGAIN { ending = errno }
                break
            }
            sent += count
        }
        if sent == queue.count {
            queue.removeAll(keepingCapacity: queue.capacity <= 1 << 20)
            sent = 0
        } else if sent > 1 << 20 {
            queue.removeFirst(sent)
            sent = 0
        }
    }

    /// Lets nothing come or go any more.
    func cut() {
        if ending == nil { ending = ECANCELED }
    }

    fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        if ending == nil { queue.append(contentsOf: bytes) }
        return bytes.count
    }

    fileprivate func receive(_ bytes: UnsafeMutableRawPointer, _ most: Int) -> Int {
        if let ending { return ending == 0 ? 0 : -Int(ending) }
        hasRead = true
        guard mayHaveMore, budget > 0 else { return -Int(EAGAIN) }
        while true {
            let count = recv(descriptor, bytes, most, 0)
            if count > 0 {
                lastHeard = .now
                budget -= count
                // Less than asked for is all that there was: the next look at the socket tells of more.
                if count < most { mayHaveMore = false }
                return count
            }
            if count == 0 {
                ending = 0
                return 0
            }
            let reason = errno
            if reason == EINTR { continue }
            if reason == EAGAIN {
                mayHaveMore = false
                return -Int(EAGAIN)
            }
            ending = reason
            return -Int(reason)
        }
    }

    private func set(_ option: Int32) {
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), option, &one, socklen_t(MemoryLayout<Int32>.size))
    }
}

extension SSHWire {
    /// Makes a session read and write through its wire, which its context is.
    static func attach(to session: OpaquePointer) {
        clibssh2_on_bytes(
            session,
            { _, bytes, count, _, context in
                guard let bytes, let wire = SSHWire.from(context) else { return -Int(EBADF) }
                return wire.take(UnsafeRawBufferPointer(start: bytes, count: count))
            },
            { _, bytes, count, _, context in
                guard let bytes, let wire = SSHWire.from(context) else { return -Int(EBADF) }
                return wire.receive(bytes, count)
            })
    }

    static func from(_ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> SSHWire? {
        guard let pointer = context?.pointee else { return nil }
        return Unmanaged<SSHWire>.fromOpaque(pointer).takeUnretainedValue()
    }
}

import Glibc
import MultipleSpawner

/// An agent that keeps keys and signs with them, by its own protocol. Its calls block, for some seconds at most.
final class SSHAgent {
    private let socket: OpenSocket
    private let path: String

    private enum Message {
        static let askKeys: UInt8 = 11
        static let keys: UInt8 = 12
        static let askSignature: UInt8 = 13
        static let signature: UInt8 = 14
    }

    private static let sha512: UInt32 = 4

    init(path: String, deadline: ContinuousClock.Instant) throws(SpawnError) {
        self.path = path
        socket = OpenSocket(
            owning: Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        let left = max(1, ContinuousClock.now.duration(to: deadline).milliseconds / 1000)
        var limit = timeval(tv_sec: min(left, 30), tv_usec: 0)
        setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket.descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard let address = InternetAddress(path: path), address.connect(socket.descriptor) == 0 else {
            throw SpawnError(
                .unauthorized,
                "no agent answers at \(path): \(String(cString: strerror(errno))); start it, or use a key")
        }
    }

    /// The keys that it has, those that libssh2 can make use of.
    func signers() throws(SpawnError) -> [PublicKeySigner] {
        guard var answer = ask([Message.askKeys], for: Message.keys), let count = answer.number() else {
            throw SpawnError(.unauthorized, "the agent at \(path) does not tell its keys")
        }
        var signers: [PublicKeySigner] = []
        for _ in 0..<min(count, 64) {
            guard let blob = answer.string(), answer.string() != nil else { break }
            if let signer = signer(blob) { signers.append(signer) }
        }
        return signers
    }

    private func signer(_ blob: [UInt8]) -> PublicKeySigner? {
        var reader = SSHReader(blob)
        switch reader.text() {
        case "ssh-rsa":
            guard let exponent = reader.string(), let modulus = reader.string() else { return nil }
            let named = PublicKeySigner.rsaBlob(exponent: exponent, modulus: modulus)
            return PublicKeySigner(blob: named) { self.sign($0, with: blob, flags: Self.sha512) }
        case let type? where type == "ssh-ed25519" || type.hasPrefix("ecdsa-sha2-"):
            return PublicKeySigner(blob: blob) { self.sign($0, with: blob, flags: 0) }
        default:
            return nil
        }
    }

    private func sign(_ data: UnsafeRawBufferPointer, with blob: [UInt8], flags: UInt32) -> [UInt8]? {
        var request = SSHWriter()
        request.append([Message.askSignature])
        request.string(blob)
        request.string(data)
        request.number(flags)
        guard var answer = ask(request.bytes, for: Message.signature), let signature = answer.string() else {
            return nil
        }
        var reader = SSHReader(signature)
        guard reader.text() != nil else { return nil }
        return reader.string()
    }

    private func ask(_ request: [UInt8], for type: UInt8) -> SSHReader? {
        var message = SSHWriter()
        message.string(request)
        let isSent = message.bytes.withUnsafeBytes { bytes in
            send(socket.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        }
        guard isSent, let head = receive(4) else { return nil }
        var size = SSHReader(head)
        guard let count = size.number(), count > 0, count <= 1 << 20, let body = receive(Int(count)) else { return nil }
        var answer = SSHReader(body)
        return answer.byte() == type ? answer : nil
    }

    private func receive(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let more = bytes.withUnsafeMutableBytes {
                recv(socket.descriptor, $0.baseAddress.map { $0 + got }, count - got, 0)
            }
            guard more > 0 else { return nil }
            got += more
        }
        return bytes
    }
}

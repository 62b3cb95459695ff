import Glibc
import NIOCore

/// The account at the other end of a unix socket, as the kernel saw it connect: `struct ucred` of `unix(7)`.
struct PeerCredentials: Sendable {
    var pid: Int32 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0

    static func of(_ channel: any Channel) async throws -> PeerCredentials? {
        guard let options = channel as? any SocketOptionProvider else { return nil }
        let name = NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        return try await options.unsafeGetSocketOption(level: .socket, name: name).get()
    }
}

public import MultipleSpawner

/// One connection to a machine by SSH, whatever speaks it: libssh2 in this process, or OpenSSH's own `ssh`.
///
/// All that goes to the same machine, account and credential shares one. A link that is lost stays lost: whoever needs
/// the machine asks the `SSHLinks` for the next one.
public protocol SSHLink: RemoteShell {
    /// What speaks it, for the log: `libssh2`, `OpenSSH`.
    static var transport: String { get }

    /// Carries one accepted connection to the machine: what is read from `socket` goes to `end` there, and back.
    ///
    /// The link owns the descriptor from the call on, and closes it when either side has ended, when `end` refuses, or
    /// when the link is lost.
    ///
    /// - Throws: `unavailable` where the link is lost, `forbidden` where the machine forbids forwarding, `backend_failed`
    ///   where nobody listens at `end`.
    func carry(_ socket: consuming OpenSocket, to end: TunnelEnd) async throws

    /// Lets the machine's programs reach a place on our side: it listens at `remote`, and what connects there is carried
    /// to `local`, until the tunnel is closed or the link is lost.
    ///
    /// - Parameter remote: port 0 lets the machine choose.
    /// - Returns: where it listens.
    /// - Throws: `forbidden` where the machine forbids it, `conflict` where the port is taken.
    func listen(at remote: TunnelEnd, carryingTo local: TunnelEnd) async throws -> any BackwardTunnel

    /// Returns when the link is lost or closed, with the reason.
    func ended() async -> SpawnError

    /// Ends it, and all that goes over it.
    func close() async
}

/// What listens on the other machine for us.
public protocol BackwardTunnel: Sendable {
    /// Where it listens there, with the real port.
    var remote: TunnelEnd { get }

    /// Stops listening. Connections that are under way are ended.
    func close() async
}

/// One end of a tunnel, on either machine.
public enum TunnelEnd: Sendable, Hashable, Codable {
    /// A name or an address, and a port.
    case tcp(host: String, port: Int)
    /// An absolute path.
    case unixSocket(path: String)
}

extension TunnelEnd: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixSocket(let path): path
        }
    }
}

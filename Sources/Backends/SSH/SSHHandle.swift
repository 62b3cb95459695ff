import MultipleSpawner

/// What is kept of a session on another machine: enough to find it there, to know when it is another one, and to reach
/// it again. Nothing in it is secret.
struct SSHHandle: Sendable, Hashable, Codable {
    /// `nil` for a server that an original spawner started.
    var session: SessionID?
    /// Names one try of the session: a start that comes late, after it was undone, finds that it is over.
    var attempt: String
    var place: SSHPlace
    /// Below which path of the machine sessions have their directories: absolute, or `~/…`.
    var base: String
    /// The server's own process, that leads a session; `nil` until it is started.
    var pid: Int?
    /// When it was started, in clock ticks since the boot: a number that was given again starts later.
    var startTime: UInt64?
    /// Ticks are told since a boot; this one.
    var bootID: String?
    /// Where the server listens on its machine.
    var address: String
    var port: Int?
    /// Our side of its tunnel, the same after a restart; `nil` where the hub reaches the machine itself.
    var localPort: Int?
    /// Where the hub reaches the machine, if not by its name.
    var directHost: String?
    var isTLS = false
    /// Where the machine's programs reach the hub.
    var hub: HubTunnel?
    /// The most seconds between TERM and KILL.
    var stopGrace: Double?

    /// A port of the machine that leads to the hub's API.
    struct HubTunnel: Sendable, Hashable, Codable {
        var port: Int
        var end: TunnelPoint
    }
}

extension SSHHandle {
    init(_ handle: Handle) throws(SpawnError) {
        guard handle.backend == SSHBackend.kind, handle.version == 1 else {
            throw SpawnError(
                .invalidRequest,
                "a handle of '\(handle.backend.rawValue.excerpt)', version \(handle.version), is none of a session by SSH"
            )
        }
        let ssh: SSHHandle = try handle.decode()
        // 0, 1 and negative numbers mean groups and the whole machine to `kill`.
        guard ssh.pid.map({ (2...Int(Int32.max)).contains($0) }) ?? true,
            ssh.attempt.utf8.allSatisfy({ SSHHandle.isPlain($0) }), SSHAddress.isHost(ssh.place.host),
            ssh.bootID?.utf8.allSatisfy({ SSHHandle.isPlain($0) }) ?? true
        else {
            throw SpawnError(.invalidRequest, "the handle of a session by SSH holds what is none of ours")
        }
        self = ssh
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    var endpoint: Endpoint? {
        guard let port = localPort ?? port else { return nil }
        return Endpoint(
            scheme: isTLS ? .https : .http, host: localPort == nil ? directHost ?? place.host : "127.0.0.1",
            port: port)
    }
}

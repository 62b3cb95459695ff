import MultipleSpawner

/// What is kept of a local session: enough to find its process again, and to know when it is another one.
///
/// It comes back from a journal or a hub's database, so nothing in it is acted on before `LocalMachine` has compared
/// it with the process and with its own directories.
struct LocalHandle: Sendable, Hashable, Codable {
    /// `nil` for a server that JupyterHub's own spawner started.
    var session: SessionID?
    var pid: Int32
    /// When the process was started, in clock ticks since the boot: a number that was given again starts later.
    var startTime: UInt64
    /// Ticks are told since a boot; this one.
    var bootID: String
    /// The account that it runs as.
    var uid: UInt32
    var address: String
    var port: Int
    /// The session's cgroup in each hierarchy where it has one.
    var cgroups: [String] = []
    var log: String?
    /// Seconds between the interrupt and the TERM of a stop, where the template wants an interrupt first.
    var interruptTimeout: Double?
    /// Seconds between TERM and KILL, where the template bounds them.
    var termTimeout: Double?
    /// Seconds that a killed process may take to vanish.
    var killTimeout: Double?
}

extension LocalHandle {
    init(_ handle: Handle) throws(SpawnError) {
        let local: LocalHandle = try handle.decode()
        // 0, 1 and negative numbers mean groups and the whole machine to `kill`.
        guard local.pid > 1 else {
            throw SpawnError(.invalidRequest, "process \(local.pid) of a local session's handle is no server's process")
        }
        self = local
    }
}

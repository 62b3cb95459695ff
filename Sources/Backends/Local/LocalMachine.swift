public import MultipleSpawner

/// This machine as a place for servers: what `LocalBackend` and `LocalUserBackend` share.
///
/// Make one per daemon and give it to both. It holds a memory of what can be found out again: which processes live,
/// which ports were given out. Servers outlive it.
public struct LocalMachine: Sendable {
    let logDirectory: String
    let hierarchies: [CgroupHierarchy]
    let openFileLimit: Int?
    let bootID: String
    let watcher: ProcessWatcher
    let ports = PortBook()

    /// - Parameters:
    ///   - logDirectory: Where each server's output is kept, in a file of its own that the daemon alone can read. The
    ///     directory is made with mode 0700; a session's file is removed when the session is stopped.
    ///   - cgroup: The group, as a path below the mount of each hierarchy, under which sessions get groups of their
    ///     own; `nil`: the group that the daemon is in.
    ///   - openFileLimit: The soft limit on open files that servers start with; `nil`: the daemon's own. A daemon that
    ///     raised its limit hands over the one that it had.
    public init(logDirectory: String, cgroup: String? = nil, openFileLimit: Int? = nil) throws(SpawnError) {
        try self.init(
            logDirectory: logDirectory, hierarchies: CgroupHierarchy.all(group: cgroup), openFileLimit: openFileLimit)
    }

    init(
        logDirectory: String, hierarchies: [CgroupHierarchy], openFileLimit: Int? = nil
    ) throws(SpawnError) {
        self.logDirectory = logDirectory
        self.openFileLimit = openFileLimit
        self.hierarchies = hierarchies
        do {
            bootID = try SystemFile.text("/proc/sys/kernel/random/boot_id")
        } catch {
            throw SpawnError(.backendFailed, "this machine's boot id cannot be read: \(error); is /proc mounted?")
        }
        watcher = ProcessWatcher(bootID: bootID)
    }

    func log(of session: SessionID) -> LocalLog {
        LocalLog(path: "\(logDirectory)/\(session.rawValue).log")
    }

    /// A handle as it may be acted on: paths that are not the session's own are dropped from it.
    func trusted(_ handle: Handle) throws(SpawnError) -> LocalHandle {
        if let local = watcher.local(handle) { return local }
        var local = try LocalHandle(handle)
        let name = local.session?.rawValue
        local.cgroups = local.cgroups.filter { path in
            guard let name, path.hasSuffix("/\(CgroupHierarchy.name)/\(name)") else { return false }
            return path.hasPrefix("/sys/fs/cgroup/")
                && !path.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
        }
        if local.log != local.session.map({ log(of: $0).path }) { local.log = nil }
        return local
    }
}

import Glibc
import MultipleSpawner

/// Which processes belong to a session.
struct ProcessTree {
    /// All that can be told to be the session's, the leader included.
    ///
    /// A process that left the session and its process group by `setsid` is still in its cgroup; where there is none,
    /// it still carries the label in its environment. Numbers of groups and sessions are only believed while the
    /// leader itself is known to live: afterwards they may mean somebody else.
    static func members(of local: LocalHandle, leaderLives: Bool) -> Set<Int32> {
        let cgroup = LocalCgroup(paths: local.cgroups)
        if cgroup.holdsWholeTree { return cgroup.members.union(leaderLives ? [local.pid] : []) }
        guard let processes = try? ProcessStatus.all() else { return leaderLives ? [local.pid] : [] }
        var members: Set<Int32> = leaderLives ? [local.pid] : []
        let living = processes.filter { !$0.isDead && $0.pid > 1 }
        for process in living {
            let isInSession = leaderLives && (process.session == local.pid || process.group == local.pid)
            if isInSession || carriesLabel(process.pid, of: local.session) { members.insert(process.pid) }
        }
        // Children of members, and their children; parents are not always listed before them.
        var size = -1
        while size != members.count {
            size = members.count
            for process in living where members.contains(process.parent) { members.insert(process.pid) }
        }
        members.remove(getpid())
        return members
    }

    private static func carriesLabel(_ pid: Int32, of session: SessionID?) -> Bool {
        guard let session else { return false }
        return ProcessEnvironment(of: pid)?[SessionLabels.session] == session.rawValue
    }

    /// Whether one of these processes holds the socket. `nil` when their descriptors may not be looked at.
    static func holds(socket inode: UInt64, _ pids: some Sequence<Int32>) -> Bool? {
        let name = "socket:[\(inode)]"
        var couldLook = false
        for pid in pids {
            guard let descriptors = try? SystemFile.names(in: "/proc/\(pid)/fd") else { continue }
            couldLook = true
            let isHeld = descriptors.contains { descriptor in
                var target = [CChar](repeating: 0, count: 64)
                let count = readlink("/proc/\(pid)/fd/\(descriptor)", &target, target.count)
                return count > 0
                    && String(decoding: target.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self) == name
            }
            if isHeld { return true }
        }
        return couldLook ? false : nil
    }
}

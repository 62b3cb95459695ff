import Glibc
import MultipleSpawner

/// The cgroups of one session: its limits, and the means to end all of its processes at once.
struct LocalCgroup: Sendable, Hashable {
    /// One directory in each hierarchy that is used.
    let paths: [String]
    /// The one of them that a process can be started inside, at no cost; the others it has to move to.
    var unified: String?

    /// Whether a start has to move, which takes the kernel some 15 ms for each group.
    var needsMove: Bool { paths.contains { $0 != unified } }

    /// Makes the session's groups: the unified one wherever it may be written, the others where a limit needs them.
    static func make(
        _ session: SessionID, memory: Int?, cpu: Double?, in hierarchies: [CgroupHierarchy]
    ) throws(SpawnError) -> LocalCgroup {
        var paths: [String] = []
        let unified = hierarchies.first(where: \.isUnified).map { "\($0.base)/\(session.rawValue)" }
        do throws(SpawnError) {
            if let hierarchy = hierarchies.first(where: \.isUnified), (try? open(hierarchy, session)) != nil {
                paths.append("\(hierarchy.base)/\(session.rawValue)")
            }
            if let memory {
                try limit("memory", session, in: hierarchies, adding: &paths) { path, isUnified throws(SystemError) in
                    if isUnified {
                        try SystemFile.write("\(memory)", to: "\(path)/memory.max")
                    } else {
                        try SystemFile.write("\(memory)", to: "\(path)/memory.limit_in_bytes")
                        // Swap is counted only by some kernels; where it is, it must not be a way out.
                        try? SystemFile.write("\(memory)", to: "\(path)/memory.memsw.limit_in_bytes")
                    }
                }
            }
            if let cpu {
                let period = 100_000
                let quota = max(1000, Int((cpu * Double(period)).rounded()))
                try limit("cpu", session, in: hierarchies, adding: &paths) { path, isUnified throws(SystemError) in
                    if isUnified {
                        try SystemFile.write("\(quota) \(period)", to: "\(path)/cpu.max")
                    } else {
                        try SystemFile.write("\(period)", to: "\(path)/cpu.cfs_period_us")
                        try SystemFile.write("\(quota)", to: "\(path)/cpu.cfs_quota_us")
                    }
                }
            }
        } catch {
            LocalCgroup(paths: paths).remove()
            throw error
        }
        return LocalCgroup(paths: paths, unified: unified.flatMap { paths.contains($0) ? $0 : nil })
    }

    /// Why a limit cannot be set on this machine; `nil` when it can.
    static func obstacle(to controller: String, in hierarchies: [CgroupHierarchy]) -> String? {
        guard let hierarchy = hierarchies.first(where: { $0.controllers.contains(controller) }) else {
            return "this machine shows the daemon no cgroup with the \(controller) controller"
        }
        guard access(hierarchy.parent, W_OK) == 0 else {
            return "'\(hierarchy.parent)' cannot be written: \(SystemError.last)"
        }
        return nil
    }

    private static func limit(
        _ controller: String, _ session: SessionID, in hierarchies: [CgroupHierarchy], adding paths: inout [String],
        _ write: (_ path: String, _ isUnified: Bool) throws(SystemError) -> Void
    ) throws(SpawnError) {
        let advice = "give the daemon a cgroup that it may write (with systemd: Delegate=yes), or drop the limit"
        guard let hierarchy = hierarchies.first(where: { $0.controllers.contains(controller) }) else {
            let reason = obstacle(to: controller, in: hierarchies) ?? "there is no \(controller) controller"
            throw SpawnError(.unsupported, "a \(controller) limit cannot be kept: \(reason); \(advice)")
        }
        let path = "\(hierarchy.base)/\(session.rawValue)"
        do throws(SystemError) {
            try open(hierarchy, session)
            if !paths.contains(path) { paths.append(path) }
            if hierarchy.isUnified {
                // A group that holds processes itself cannot hand controllers on: EBUSY.
                for level in [hierarchy.parent, hierarchy.base] {
                    try SystemFile.write("+\(controller)", to: "\(level)/cgroup.subtree_control")
                }
            }
            try write(path, hierarchy.isUnified)
        } catch {
            throw SpawnError(.unsupported, "a \(controller) limit cannot be kept in '\(path)': \(error); \(advice)")
        }
    }

    private static func open(_ hierarchy: CgroupHierarchy, _ session: SessionID) throws(SystemError) {
        for path in [hierarchy.base, "\(hierarchy.base)/\(session.rawValue)"] {
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .last }
        }
    }

    /// The files that a process writes itself into; the caller closes them.
    func openMemberships() throws(SpawnError) -> [Int32] {
        var descriptors: [Int32] = []
        do throws(SpawnError) {
            for path in paths where path != unified {
                descriptors.append(try Self.entry("\(path)/cgroup.procs", O_WRONLY | O_CLOEXEC))
            }
            return descriptors
        } catch {
            for descriptor in descriptors { close(descriptor) }
            throw error
        }
    }

    /// The directory that a process is started in; the caller closes it.
    func openUnified() throws(SpawnError) -> Int32? {
        guard let unified else { return nil }
        return try Self.entry(unified, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }

    private static func entry(_ path: String, _ flags: Int32) throws(SpawnError) -> Int32 {
        let descriptor = Glibc.open(path, flags)
        guard descriptor >= 0 else {
            let reason = SystemError.last
            throw SpawnError(.backendFailed, "the cgroup '\(path)' cannot be entered: \(reason)")
        }
        return descriptor
    }

    /// The processes in it, without those that are dead already.
    var members: Set<Int32> {
        var members: Set<Int32> = []
        for path in paths {
            guard let bytes = try? SystemFile.read("\(path)/cgroup.procs") else { continue }
            members.formUnion(bytes.split(separator: UInt8(ascii: "\n")).compactMap { Int32(decimal: $0) })
        }
        return members.filter { $0 > 1 }
    }

    /// Whether there is a group that no process of the session can have left by itself.
    var holdsWholeTree: Bool { paths.contains { access("\($0)/cgroup.procs", F_OK) == 0 } }

    /// Kills all at once, where the kernel can.
    func kill() {
        for path in paths {
            try? SystemFile.write("1", to: "\(path)/cgroup.kill")
        }
    }

    /// Removes the groups; `false` when one of them still holds a process.
    @discardableResult
    func remove() -> Bool {
        paths.map { rmdir($0) == 0 || errno == ENOENT }.allSatisfy { $0 }
    }

    /// Removes the groups once they are empty: a process that has ended leaves its group some milliseconds later.
    func remove(within limit: Duration) async {
        if remove() { return }
        let bell = Bell()
        let end = ContinuousClock.now + limit
        // Only the unified hierarchy tells; the others follow it, as a process leaves all of them in one step.
        let watches = paths.compactMap { path in
            try? FileWatch("\(path)/cgroup.events", changed: { bell.ring() })
        }
        while !remove(), ContinuousClock.now < end {
            await bell.wait(within: watches.isEmpty ? .milliseconds(5) : min(.milliseconds(100), limit))
        }
    }
}

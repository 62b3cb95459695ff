import Glibc

/// One mounted tree of cgroups, and the group in it under which sessions get theirs.
struct CgroupHierarchy: Sendable, Hashable {
    /// Version 2: one tree for all controllers, and `cgroup.kill`.
    let isUnified: Bool
    /// The controllers that limits can be set with here.
    let controllers: Set<String>
    /// The daemon's own group, or another one that was named.
    let parent: String

    /// Where sessions' groups are made.
    var base: String { "\(parent)/\(Self.name)" }

    static let name = "multiplespawner"

    /// All hierarchies that matter: the unified one, and those of memory and cpu in version 1.
    ///
    /// `group` names a parent below each mount; without it, it is the group that the daemon is in.
    static func all(group: String? = nil) -> [CgroupHierarchy] {
        guard let mounts = try? SystemFile.text("/proc/self/mountinfo"),
            let memberships = try? SystemFile.text("/proc/self/cgroup")
        else { return [] }
        return all(mounts: mounts, memberships: memberships, group: group)
    }

    static func all(mounts: String, memberships: String, group: String?) -> [CgroupHierarchy] {
        var seen: Set<String> = []
        return mounts.split(separator: "\n").compactMap { line in
            guard let mount = Mount(line), seen.insert(mount.key).inserted else { return nil }
            let own = memberships.split(separator: "\n").lazy
                .map { $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false) }
                .first { $0.count == 3 && mount.isMeant(by: $0[1]) }?.last
            let parent = mount.directory(of: group ?? own.map(String.init) ?? "/")
            var controllers = mount.controllers
            if mount.isUnified {
                let text = (try? SystemFile.text("\(parent)/cgroup.controllers")) ?? ""
                controllers = Set(text.split(separator: " ").map(String.init)).intersection(["memory", "cpu"])
            }
            return CgroupHierarchy(isUnified: mount.isUnified, controllers: controllers, parent: parent)
        }
    }
}

/// A line of `/proc/self/mountinfo` that mounts cgroups.
private struct Mount {
    let isUnified: Bool
    let controllers: Set<String>
    private let root: String
    private let point: String

    var key: String { isUnified ? "" : controllers.sorted().joined(separator: ",") }

    init?(_ line: Substring) {
        let halves = line.split(separator: " - ", maxSplits: 1)
        guard halves.count == 2 else { return nil }
        let place = halves[0].split(separator: " ")
        let kind = halves[1].split(separator: " ")
        guard place.count > 4, let type = kind.first, let options = kind.last else { return nil }
        switch type {
        case "cgroup2":
            isUnified = true
            controllers = []
        case "cgroup":
            isUnified = false
            controllers = Set(options.split(separator: ",").map(String.init)).intersection(["memory", "cpu"])
            guard !controllers.isEmpty else { return nil }
        default:
            return nil
        }
        root = String(place[3])
        point = String(place[4])
    }

    func isMeant(by field: Substring) -> Bool {
        isUnified ? field.isEmpty : !controllers.isDisjoint(with: Set(field.split(separator: ",").map(String.init)))
    }

    /// Where a group is to be seen: below the mount, whose root may itself be a group, as in a container.
    func directory(of group: String) -> String {
        var path = group
        if root != "/", path == root || path.hasPrefix(root + "/") { path = String(path.dropFirst(root.count)) }
        while path.hasSuffix("/") { path.removeLast() }
        let directory = point + path
        var status = stat()
        let isThere = stat(directory, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        return isThere && !path.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
            ? directory : point
    }
}

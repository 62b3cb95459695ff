import MultipleSpawner

/// Holds the mounts that a user brings to what the policy allows: volumes of their own, and memory.
struct UserMounts {
    let policy: UserOptionPolicy

    /// The user's mounts as options have them.
    func apply(_ wanted: JSONValue) throws(SpawnError) -> [JSONValue] {
        var mounts: [JSONValue] = []
        var targets = Set(adminTargets)
        for entry in wanted.arrayValue ?? [] {
            let mount = try OptionReader(entry).mount()
            guard targets.insert(Self.normalized(mount.target)).inserted else {
                throw SpawnError(
                    .forbidden, "there is a mount at '\(mount.target.excerpt)' already; mount at another place")
            }
            mounts.append(try apply(mount, entry))
        }
        return mounts
    }

    private func apply(_ mount: MountSpecification, _ entry: JSONValue) throws(SpawnError) -> JSONValue {
        switch mount.kind {
        case .tmpfs:
            return entry
        case .npipe:
            try policy.require("container_spec.mounts.npipe")
            return entry
        case .bind:
            try policy.require("container_spec.mounts.bind")
            if Self.reachesDocker(mount.source) {
                try policy.require(
                    "container_spec.mounts.docker_socket", "as Docker itself is in '\(mount.source.excerpt)'")
            }
            return entry
        case .volume:
            if mount.volume?.driver != nil {
                // With options of a driver a volume is any directory of the node, or any server's.
                try policy.require("container_spec.mounts.driver_config")
            }
            return try own(mount, entry)
        }
    }

    /// A volume's name is taken as one of the user's own, so that nobody mounts what is another's.
    private func own(_ mount: MountSpecification, _ entry: JSONValue) throws(SpawnError) -> JSONValue {
        let isOthers = policy.allows("container_spec.mounts.any_volume")
        for label in (mount.volume?.labels ?? [:]).keys.sorted() where label != ServiceLabels.autoremove || isOthers {
            throw SpawnError(
                .forbidden, "the label '\(label.excerpt)' of a volume may not be chosen here; leave it out")
        }
        guard !isOthers, !mount.source.isEmpty, var members = entry.objectValue else { return entry }
        let prefix = policy.options["service_prefix"]?.stringValue ?? "jupyter"
        members["source"] = .string("\(prefix).{service_owner}.\(mount.source)")
        return .object(members)
    }

    private var adminTargets: [String] {
        let lists = [policy.options["mounts"], policy.options["container_spec"]?["mounts"]]
        return lists.flatMap { $0?.arrayValue ?? [] }.compactMap { $0["target"]?.stringValue }.map(Self.normalized)
    }

    /// What gives power over Docker, and so over the node.
    private static let dockerPaths = [
        "/var/run/docker.sock", "/run/docker.sock", "/var/run/docker", "/run/docker", "/var/run/containerd",
        "/run/containerd", "/var/lib/docker", "/var/lib/containerd", "/etc/docker",
    ]

    /// Whether the path is one of Docker's, is in one, or has one in it.
    static func reachesDocker(_ path: String) -> Bool {
        let path = normalized(path) + "/"
        return dockerPaths.contains { own in
            path.utf8.starts(with: (own + "/").utf8) || (own + "/").utf8.starts(with: path.utf8) || path == "//"
        }
    }

    /// Without doubled slashes, `.` and a slash at the end.
    static func normalized(_ path: String) -> String {
        let parts = path.utf8.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        return "/" + parts.map { String(Substring($0)) }.joined(separator: "/")
    }
}

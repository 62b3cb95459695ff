import MultipleSpawner

extension OptionReader {
    func mounts() throws(SpawnError) -> [MountSpecification] {
        var mounts: [MountSpecification] = []
        for entry in object["mounts"]?.arrayValue ?? [] {
            mounts.append(try OptionReader(entry, isOpen: isOpen).mount())
        }
        return mounts
    }

    /// One mount.
    ///
    /// - Throws: `invalid_request` for a path that is not whole or goes up, a volume's name that Docker would refuse, a
    ///   key that the kind of mount does not have, and driver options that cannot work.
    func mount() throws(SpawnError) -> MountSpecification {
        let kind = text("type").flatMap { MountSpecification.Kind(rawValue: $0) } ?? .volume
        let target = text("target") ?? ""
        switch kind {
        case _ where isUnknown(target): break
        case .npipe: try ContainerPath.checkComponents(of: target, calling: "the mount's 'target'")
        default: try ContainerPath.check(target, calling: "the mount's 'target'")
        }
        var mount = MountSpecification(kind: kind, source: text("source") ?? "", target: target)
        mount.isReadOnly = flag("read_only")
        mount.consistency = text("consistency")
        try checkKeys(of: kind, target)
        switch kind {
        case .volume:
            try checkVolumeName(mount.source)
            mount.volume = try volume()
        case .bind:
            mount.binding = text("propagation").map { MountSpecification.Binding(propagation: $0) }
            guard !isUnknown(mount.source) else { break }
            try ContainerPath.checkSource(
                mount.source, calling: "the 'source' of the bind mount at '\(target.excerpt)'")
        case .tmpfs:
            mount.source = ""
            let memory = MountSpecification.Memory(size: number("tmpfs_size"), mode: number("tmpfs_mode"))
            mount.memory = memory == MountSpecification.Memory() ? nil : memory
        case .npipe:
            try ContainerPath.checkComponents(of: mount.source, calling: "the 'source' of a named pipe")
        }
        return mount
    }

    private func volume() throws(SpawnError) -> MountSpecification.Volume? {
        var volume = MountSpecification.Volume()
        volume.hasNoCopy = flag("no_copy")
        volume.labels = texts("labels")
        try ServiceLabels.check(volume.labels ?? [:], in: "a mount")
        if var driver = driver("driver_config") {
            if driver.options?.values.contains(where: isUnknown) != true { try VolumeDriverCheck(driver).check() }
            // Nobody's password is a template, and an error of Docker's would show it.
            for key in ["password", "id_rsa"] {
                if let secret = driver.options?[key] { driver.options?[key] = DockerTemplate.literal(secret) }
            }
            volume.driver = driver
        }
        return volume == MountSpecification.Volume() ? nil : volume
    }

    private static let keysOfKind: [MountSpecification.Kind: [String]] = [
        .volume: ["no_copy", "labels", "driver_config"], .bind: ["propagation"],
        .tmpfs: ["tmpfs_size", "tmpfs_mode"], .npipe: [],
    ]

    /// docker-py refuses these as well; Docker itself would pass over some of them.
    private func checkKeys(of kind: MountSpecification.Kind, _ target: String) throws(SpawnError) {
        for (other, keys) in Self.keysOfKind where other != kind {
            if let key = keys.first(where: { object[$0] != nil && object[$0]?.objectValue?.isEmpty != true }) {
                throw SpawnError(
                    .invalidRequest,
                    "the mount at '\(target.excerpt)' is a \(kind.rawValue) and has '\(key)', which only a "
                        + "\(other.rawValue) has; remove it, or change the 'type'")
            }
        }
    }

    private func checkVolumeName(_ name: String) throws(SpawnError) {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, !isUnknown(name) else { return }
        guard bytes.count <= 255, first.isAlphanumeric,
            bytes.allSatisfy({ $0.isAlphanumeric || "_.-{}".utf8.contains($0) })
        else {
            throw SpawnError(
                .invalidRequest,
                "the volume's name '\(name.excerpt)' is not one that Docker takes; use letters, digits, '_', '.' and "
                    + "'-' ('{service_owner}' is always safe), or set 'type' to 'bind' for a path")
        }
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        isSmallAlphanumeric || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
    }
}

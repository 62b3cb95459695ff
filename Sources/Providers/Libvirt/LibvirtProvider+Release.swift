public import MultipleSpawner

extension LibvirtProvider {
    public func release(_ lease: Lease, _ manner: MachineEnd) async throws {
        let lease: LibvirtLease = try lease.decode()
        switch manner {
        case .keep: return
        case .stop: try await stop(lease)
        case .destroy: try await destroy(lease)
        }
    }

    private func destroy(_ lease: LibvirtLease) async throws {
        // A request whose sender was killed may still be carried out.
        let settled = ContinuousClock.now + lease.settling
        while true {
            let wasThere = try await hosts[lease.uri].ask("giving back the machine '\(lease.name.excerpt)'") {
                connection in
                try Self.remove(lease, connection)
            }
            guard !wasThere, ContinuousClock.now < settled else { return }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// - Returns: whether the machine was there.
    private static func remove(_ lease: LibvirtLease, _ connection: LibvirtConnection) throws -> Bool {
        let domain = try LibvirtDomain.find(lease.uuid, at: connection)
        if let domain {
            if try domain.state().isActive { try domain.cutPower() }
            // One that was never written down is gone with its power.
            if try LibvirtDomain.find(lease.uuid, at: connection) != nil { try domain.undefine() }
        }
        guard let token = lease.token else { return domain != nil }
        guard let pool = try LibvirtPool.find(lease.pool, at: connection) else {
            throw SpawnError(
                .unavailable,
                "the storage pool '\(lease.pool.excerpt)' is not at \(lease.uri.excerpt) any more; define it again, so that "
                    + "the disks of '\(lease.name.excerpt)' can be removed")
        }
        try pool.remove(token.diskVolume)
        try pool.remove(token.seedVolume)
        return domain != nil
    }

    private func stop(_ lease: LibvirtLease) async throws {
        let host = hosts[lease.uri]
        let doing = "switching off the machine '\(lease.name.excerpt)'"
        var wait = CloudWait(until: .now + .seconds(lease.grace), pace: .libvirt)
        var isLast = wait.isOver
        while true {
            let isOff = try await host.ask(doing) { [isLast] connection in
                guard let domain = try LibvirtDomain.find(lease.uuid, at: connection), try domain.state().isActive
                else { return true }
                guard !isLast else {
                    try domain.cutPower()
                    return true
                }
                // Said again each time: a system that boots does not hear it.
                do throws(LibvirtFault) { try domain.askToEnd() } catch  where error.kind != .lost {}
                return false
            }
            guard !isOff else { return }
            try await wait.rest()
            isLast = wait.isOver
        }
    }
}

extension LibvirtLease {
    /// How much longer what was asked for may yet come.
    fileprivate var settling: Duration {
        guard let asked else { return .zero }
        return max(.zero, .seconds(2) - .seconds(max(0, CloudLease.now - asked)))
    }
}

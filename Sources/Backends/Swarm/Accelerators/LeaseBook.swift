import MultipleSpawner

/// Who has which device. A value: what it says follows from the leases in the handles of all sessions.
///
/// The same pool may stand in several templates; a device is known by the name of its pool and its own.
struct LeaseBook: Sendable {
    /// The sessions that have a device.
    private var holders: [AcceleratorLease: Set<SessionID>] = [:]

    init() {}

    /// Takes devices for a session: all that it needs, or none.
    ///
    /// A session that leases again gives back what it had. Devices that serve several are given to those first that
    /// serve the fewest.
    ///
    /// - Parameter devices: those of a pool, as its file says now; the pool's own list where it has no file.
    /// - Throws: `over_capacity` that names the pool and says how much of it is taken.
    mutating func lease(
        _ needs: [AcceleratorNeed], for session: SessionID, devices: (AcceleratorPool) -> [String] = { $0.devices }
    ) throws(SpawnError) -> [AcceleratorLease] {
        var book = self
        book.release(session)
        var leases: [AcceleratorLease] = []
        for need in needs {
            leases += try book.take(need, among: devices(need.pool), for: session)
        }
        self = book
        return leases
    }

    /// Gives back all that a session has. Giving back twice is no error.
    ///
    /// - Returns: whether it had any.
    @discardableResult
    mutating func release(_ session: SessionID) -> Bool {
        let held = holders.keys.filter { holders[$0]?.contains(session) == true }
        for lease in held {
            holders[lease]?.remove(session)
            if holders[lease]?.isEmpty == true { holders[lease] = nil }
        }
        return !held.isEmpty
    }

    /// Knows again what a session has, as its handle says, also of devices that no pool has any more.
    mutating func resume(_ leases: [AcceleratorLease], of session: SessionID) {
        for lease in leases { holders[lease, default: []].insert(session) }
    }

    /// How many devices of a pool are taken.
    func taken(in pool: String) -> Int { holders.keys.count { $0.pool == pool } }

    private mutating func take(
        _ need: AcceleratorNeed, among devices: [String], for session: SessionID
    ) throws(SpawnError) -> [AcceleratorLease] {
        let pool = need.pool
        var seen: Set<String> = []
        let all = devices.filter { seen.insert($0).inserted }.map { AcceleratorLease(pool: pool.name, device: $0) }
        let free = all.filter { lease in
            let sessions = holders[lease] ?? []
            return !sessions.contains(session) && (pool.isOversubscribed || sessions.isEmpty)
        }
        // Stable, so that equal ones are taken in the order of the list.
        let ordered = free.enumerated().sorted { first, second in
            let counts = (holders[first.element]?.count ?? 0, holders[second.element]?.count ?? 0)
            return counts.0 == counts.1 ? first.offset < second.offset : counts.0 < counts.1
        }.map(\.element)
        guard ordered.count >= need.count else {
            let taken = all.count { holders[$0] != nil }
            guard all.count >= need.count else {
                throw SpawnError(
                    .overCapacity,
                    "the accelerator pool '\(pool.name.excerpt)' has \(all.count) devices, and \(need.count) are needed; "
                        + "choose fewer")
            }
            throw SpawnError(
                .overCapacity,
                "the accelerator pool '\(pool.name.excerpt)' has too few free devices: \(taken) of \(all.count) are "
                    + "taken, and \(need.count) \(need.count == 1 ? "is" : "are") needed; try again later")
        }
        let leases = Array(ordered.prefix(need.count))
        for lease in leases { holders[lease, default: []].insert(session) }
        return leases
    }
}

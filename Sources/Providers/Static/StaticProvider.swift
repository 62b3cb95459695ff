public import MultipleSpawner
import Synchronization

/// Hosts that are there: a list with slots, of which each session gets one.
public final class StaticProvider: Provider {
    public static let kind: ProviderKind = "static"
    public static let options = StaticOptions.shape
    public static let machineOptions = StaticOptions.machineShape
    public static let lendsHosts = true

    public static func givesMachines(_ options: JSONValue) -> Bool {
        options["hosts"]?.arrayValue?.isEmpty == false
    }

    private let pool: Mutex<HostPool>
    private let check: MachineCheck?
    private let clock = ContinuousClock()

    /// - Parameter isAnswering: by which a host is seen to answer before it is given; `nil`: it is believed to.
    /// - Throws: `invalid_request` for hosts that cannot be read.
    public init(_ site: ProviderSite, isAnswering check: MachineCheck?) throws(SpawnError) {
        pool = Mutex(HostPool(try StaticOptions(site.options)))
        self.check = check
    }

    public func resume(_ leases: [Lease]) async {
        let leases = leases.compactMap { try? $0.decode(StaticLease.self) }
        pool.withLock { pool in
            for lease in leases { pool.resume(lease) }
        }
    }

    public func acquire(_ wanted: MachineRequest, checkpoint: LeaseCheckpoint) async throws -> Machine {
        let labels = wanted.options["labels"]?.objectValue?.compactMapValues(\.stringValue) ?? [:]
        let name = wanted.options["host"]?.stringValue
        var tried: Set<MachineAddress> = []
        while true {
            try Task.checkCancellation()
            let lease = try pool.withLock { pool throws(SpawnError) in
                try pool.take(
                    wanted.token, wanted.resources, labels: labels, named: name, besides: tried, at: clock.now)
            }
            do {
                try await checkpoint(Lease(lease, by: Self.kind))
            } catch {
                pool.withLock { $0.give(wanted.token) }
                throw error
            }
            if await isAnswering(lease.address) { return machine(lease) }
            tried.insert(lease.address)
            let problem = "'\(lease.address)' does not answer"
            await checkpoint.report("\(problem); trying another host")
            pool.withLock { pool in
                pool.give(wanted.token)
                pool.note(problem, of: lease.address, at: clock.now)
            }
        }
    }

    public func release(_ lease: Lease, _ manner: MachineEnd) async throws {
        // A host is nobody's to switch off; it is kept for its user, or given back.
        guard manner == .destroy else { return }
        let lease: StaticLease = try lease.decode()
        pool.withLock { $0.give(lease.token) }
    }

    public func availability() async -> Availability {
        pool.withLock { $0.availability(at: clock.now) }
    }

    public func hosts() async -> [HostStatus] {
        pool.withLock { $0.status(at: clock.now) }
    }

    public func drain(_ host: String, _ isDrained: Bool) async throws {
        let names = pool.withLock { pool in pool.drain(host, isDrained) ? nil : pool.hosts.map(\.name) }
        guard let names else { return }
        throw SpawnError(
            .notFound,
            "there is no host '\(host.excerpt)' in the pool; it has \(names.prefix(20).joined(separator: ", "))"
                + (names.count > 20 ? ", …" : ""))
    }

    public func examine() async -> [Finding] {
        guard let check else { return [] }
        let hosts = pool.withLock(\.hosts)
        return await withTaskGroup(of: (Int, Finding).self) { group in
            for (number, host) in hosts.prefix(200).enumerated() {
                group.addTask {
                    let answers = await check(host.address)
                    return (
                        number,
                        answers
                            ? Finding(.ok, "host \(host.name)", "it answers")
                            : Finding(
                                .warning, "host \(host.name)",
                                "it does not answer on port \(host.address.port); start it, or take it out of the pool")
                    )
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func isAnswering(_ address: MachineAddress) async -> Bool {
        guard let check else { return true }
        let answers = await check(address)
        if answers { pool.withLock { $0.noteHealth(of: address) } }
        return answers
    }

    private func machine(_ lease: StaticLease) -> Machine {
        let host = pool.withLock { $0.host(lease.address) }
        return Machine(
            address: lease.address, name: host?.name ?? lease.address.host, account: host?.account,
            hostKeys: host?.hostKeys ?? [])
    }
}

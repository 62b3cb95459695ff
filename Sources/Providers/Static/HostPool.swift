import MultipleSpawner

/// Who has which share of which host. Pure: what is chosen is chosen in one step, and nobody is asked.
struct HostPool: Sendable {
    private struct Use: Sendable {
        var sessions = 0
        var memory = 0
        var cpu = 0.0
        var gpu = 0
        var isDrained = false
        /// Not to be given before then.
        var sickUntil: ContinuousClock.Instant?
        var failures = 0
        var problem: String?
    }

    private(set) var hosts: [StaticHost]
    private var uses: [Use]
    private var numbers: [MachineAddress: Int]
    private var leases: [MachineToken: StaticLease] = [:]
    /// Where the search begins among equals, so that they take turns.
    private var turn = 0
    private let choice: StaticOptions.Choice

    init(_ options: StaticOptions) {
        hosts = options.hosts
        uses = Array(repeating: Use(), count: hosts.count)
        choice = options.choice
        numbers = Dictionary(
            hosts.enumerated().map { ($0.element.address, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// What was given before this pool was made. A host that is not in the pool any more is only remembered.
    mutating func resume(_ lease: StaticLease) {
        guard leases.updateValue(lease, forKey: lease.token) == nil else { return }
        if let number = numbers[lease.address] { add(lease, to: number, 1) }
    }

    func lease(of token: MachineToken) -> StaticLease? { leases[token] }

    func host(_ address: MachineAddress) -> StaticHost? { numbers[address].map { hosts[$0] } }

    /// Takes a share of a host that fits, if any does. One that rests is the last resort: it may be well again.
    ///
    /// - Parameter tried: hosts that were found not to answer just now.
    mutating func take(
        _ token: MachineToken, _ resources: ResourceSpecification, labels: [String: String], named name: String?,
        besides tried: Set<MachineAddress> = [], at now: ContinuousClock.Instant
    ) throws(SpawnError) -> StaticLease {
        if let known = leases[token] { return known }
        let best = best(resources, labels, name) { isServing($0, at: now) && !tried.contains(hosts[$0].address) }
        let last =
            best == nil && tried.count < Self.mostResorts
            ? self.best(resources, labels, name) { !uses[$0].isDrained && !tried.contains(hosts[$0].address) } : nil
        guard let number = best ?? last else { throw refusal(resources, labels, name, at: now) }
        turn = (number + 1) % hosts.count
        let lease = StaticLease(
            token: token, address: hosts[number].address, memory: resources.memory, cpu: resources.cpu,
            gpu: resources.gpu)
        leases[token] = lease
        add(lease, to: number, 1)
        return lease
    }

    /// How many hosts are found not to answer before none that rests is tried.
    private static let mostResorts = 4

    private func best(
        _ resources: ResourceSpecification, _ labels: [String: String], _ name: String?, where isWanted: (Int) -> Bool
    ) -> Int? {
        var best: (number: Int, load: Double)?
        for offset in hosts.indices {
            let number = (turn + offset) % hosts.count
            guard isWanted(number), fits(number, resources, labels, name), hasRoom(number, resources) else { continue }
            let load = Double(uses[number].sessions) / Double(hosts[number].slots)
            let isBetter = best.map { choice == .spread ? load < $0.load : load > $0.load } ?? true
            if isBetter { best = (number, load) }
            if load == 0, choice == .spread { break }
        }
        return best?.number
    }

    mutating func give(_ token: MachineToken) {
        guard let lease = leases.removeValue(forKey: token) else { return }
        if let number = numbers[lease.address] { add(lease, to: number, -1) }
    }

    // MARK: Health

    /// The host did not answer: it rests, each time twice as long, up to half an hour.
    mutating func note(_ problem: String, of address: MachineAddress, at now: ContinuousClock.Instant) {
        guard let number = numbers[address] else { return }
        uses[number].failures += 1
        uses[number].problem = problem
        uses[number].sickUntil = now + min(.seconds(15) * (1 << min(uses[number].failures - 1, 7)), .seconds(1800))
    }

    mutating func noteHealth(of address: MachineAddress) {
        guard let number = numbers[address] else { return }
        uses[number].failures = 0
        uses[number].problem = nil
        uses[number].sickUntil = nil
    }

    /// - Returns: whether there is such a host.
    mutating func drain(_ name: String, _ isDrained: Bool) -> Bool {
        guard let number = hosts.firstIndex(where: { $0.name == name || $0.address.host == name }) else { return false }
        uses[number].isDrained = isDrained
        return true
    }

    // MARK: What there is

    func status(at now: ContinuousClock.Instant) -> [HostStatus] {
        hosts.indices.map { number in
            let use = uses[number]
            let state: HostStatus.State =
                if use.isDrained { .drained } else if let problem = use.problem { .sick(problem) } else { .serving }
            return HostStatus(name: hosts[number].name, slots: hosts[number].slots, used: use.sessions, state: state)
        }
    }

    /// The largest share that one host could give now, and how many of any size.
    func availability(at now: ContinuousClock.Instant) -> Availability {
        guard !hosts.isEmpty else { return .unknown }
        var free = Availability(sessions: 0)
        for number in hosts.indices where isServing(number, at: now) {
            let (host, use) = (hosts[number], uses[number])
            let slots = max(0, host.slots - use.sessions)
            guard slots > 0 else { continue }
            free.sessions = (free.sessions ?? 0) + slots
            free.memory = max(free.memory, host.memory.map { max(0, $0 - use.memory) })
            free.cpu = max(free.cpu, host.cpu.map { max(0, $0 - use.cpu) })
            free.gpu = max(free.gpu, host.gpu.map { max(0, $0 - use.gpu) })
        }
        if free.sessions == 0 {
            let sick = uses.compactMap(\.problem).first
            free.problem = sick.map { "no host is free; \($0)" } ?? "no host is free"
        }
        return free
    }

    private func max<Value: Comparable>(_ first: Value?, _ second: Value?) -> Value? {
        guard let first, let second else { return first ?? second }
        return Swift.max(first, second)
    }

    private func max<Value: Comparable>(_ first: Value, _ second: Value) -> Value { Swift.max(first, second) }

    // MARK: What fits

    private func fits(
        _ number: Int, _ resources: ResourceSpecification, _ labels: [String: String], _ name: String?
    ) -> Bool {
        let host = hosts[number]
        return (name == nil || host.name == name || host.address.host == name)
            && labels.allSatisfy { host.labels[$0.key] == $0.value }
            && (host.memory.map { $0 >= resources.memory } ?? true) && (host.cpu.map { $0 >= resources.cpu } ?? true)
            && (host.gpu.map { $0 >= resources.gpu } ?? (resources.gpu == 0 || host.memory == nil && host.cpu == nil))
    }

    private func isServing(_ number: Int, at now: ContinuousClock.Instant) -> Bool {
        !uses[number].isDrained && (uses[number].sickUntil.map { $0 <= now } ?? true)
    }

    private func hasRoom(_ number: Int, _ resources: ResourceSpecification) -> Bool {
        let (host, use) = (hosts[number], uses[number])
        return use.sessions < host.slots && (host.memory.map { use.memory + resources.memory <= $0 } ?? true)
            && (host.cpu.map { use.cpu + resources.cpu <= $0 + 1e-9 } ?? true)
            && (host.gpu.map { use.gpu + resources.gpu <= $0 } ?? true)
    }

    private mutating func add(_ lease: StaticLease, to number: Int, _ sign: Int) {
        uses[number].sessions += sign
        uses[number].memory += sign * lease.memory
        uses[number].cpu += Double(sign) * lease.cpu
        uses[number].gpu += sign * lease.gpu
    }

    private func refusal(
        _ resources: ResourceSpecification, _ labels: [String: String], _ name: String?, at now: ContinuousClock.Instant
    ) -> SpawnError {
        let fitting = hosts.indices.filter { fits($0, resources, labels, name) }
        guard !fitting.isEmpty else {
            let asked = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
            return SpawnError(
                .invalidRequest,
                "no host of the pool has \(resources.memory >> 20) MB, \(resources.cpu) cores and \(resources.gpu) GPUs"
                    + (asked.isEmpty ? "" : " with \(asked.excerpt)") + (name.map { " and is '\($0.excerpt)'" } ?? "")
                    + "; ask for less, or for another kind")
        }
        let drained = fitting.count { uses[$0].isDrained }
        let sick = fitting.filter { !uses[$0].isDrained && uses[$0].problem != nil }
        let busy = fitting.count - drained - sick.count
        var parts: [String] = []
        if busy > 0 { parts.append("\(busy) in use") }
        if !sick.isEmpty { parts.append("\(sick.count) out of order (\(uses[sick[0]].problem ?? ""))") }
        if drained > 0 { parts.append("\(drained) drained") }
        return SpawnError(
            busy > 0 ? .overCapacity : .unavailable,
            "no host is free; of those that fit: \(parts.joined(separator: ", ")); "
                + (busy > 0 ? "wait, or ask for less" : "ask the admin of the hub for them"))
    }
}

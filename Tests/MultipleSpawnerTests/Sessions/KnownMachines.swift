import MultipleSpawner

/// What a journal has of machines.
struct KnownMachines: Sendable {
    var machines: [MachineToken: MachineRecord] = [:]
    var drained: Set<DrainedHost> = []
    var prepared: [MachineAddress: PreparedMachine] = [:]

    mutating func note(_ entry: MachineEntry) {
        switch entry {
        case .machine(let record): machines[record.token] = record
        case .gone(let token): machines[token] = nil
        case .prepared(let machine): prepared[machine.address] = machine.digests.isEmpty ? nil : machine
        case .drained(let host, true): drained.insert(host)
        case .drained(let host, false): drained.remove(host)
        }
    }

    var entries: [MachineEntry] {
        machines.values.map { .machine($0) } + prepared.values.map { .prepared($0) }
            + drained.map { .drained($0, true) }
    }
}

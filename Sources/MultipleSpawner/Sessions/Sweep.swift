/// Finds what carries our labels and belongs to no session any more, and ends it when asked to.
public struct Sweep: Sendable {
    private let ledger: Ledger
    private let registry: Registry
    private let machines: Machines

    public init(ledger: Ledger, registry: Registry, machines: Machines) {
        self.ledger = ledger
        self.registry = registry
        self.machines = machines
    }

    /// What was found, or could not be looked at.
    public struct Report: Sendable {
        public var left: [Resident] = []
        /// Machines at providers, with the provider's name.
        public var machines: [(provider: String, machine: OwnedMachine)] = []
        /// Places that could not be asked, each with its reason. Nothing is concluded about them.
        public var unreachable: [String] = []
        /// What else an administrator should know.
        public var notes: [String] = []
    }

    /// Looks into every backend's place.
    ///
    /// The places are read before the ledger: a session is opened before anything of it exists, so whatever belongs to
    /// nobody then is truly left over.
    public func look() async -> Report {
        var report = Report()
        for entry in registry.backends {
            guard let backend = entry.backend else { continue }
            do {
                let census = try await backend.census()
                report.unreachable += census.unreachable.map { "\(entry.kind.rawValue): \($0)" }
                report.notes += census.notes.map { "\(entry.kind.rawValue): \($0)" }
                for resident in census.residents {
                    guard await ledger[resident.session]?.lifecycle.isLive != true else { continue }
                    report.left.append(resident)
                }
            } catch {
                let reason = SpawnError(wrapping: error, as: .unavailable, "cannot be asked").message
                report.unreachable.append("\(entry.kind.rawValue): \(reason)")
            }
        }
        let strays = await machines.strays()
        report.machines = strays.left
        report.unreachable += strays.unreachable
        return report
    }

    /// Ends what `look` finds, and returns it.
    public func remove(grace: Duration) async throws -> Report {
        var report = await look()
        for resident in report.left {
            do {
                try await registry.backend(resident.handle.backend).stop(resident.handle, grace: grace)
            } catch {
                // One that cannot be ended says nothing about the others.
                let reason = SpawnError(wrapping: error, as: .unavailable, "cannot be ended").message
                report.unreachable.append("\(resident.description): \(reason)")
            }
        }
        for stray in report.machines {
            do {
                try await machines.remove(stray.machine, of: stray.provider)
            } catch {
                let reason = SpawnError(wrapping: error, as: .unavailable, "cannot be given back").message
                report.unreachable.append("\(stray.machine.description): \(reason)")
            }
        }
        return report
    }
}

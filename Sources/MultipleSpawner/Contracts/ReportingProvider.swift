/// A provider that has no machine to give, and only says how much there is: this machine, a swarm. Servers start there
/// without being given a place first.
public protocol ReportingProvider: Provider {}

extension ReportingProvider {
    public static func givesMachines(_ options: JSONValue) -> Bool { false }

    public func acquire(_ wanted: MachineRequest, checkpoint: LeaseCheckpoint) async throws -> Machine {
        throw SpawnError(
            .unsupported,
            "a provider of the kind '\(kind.rawValue)' has no machine to give; its servers start without one")
    }

    public func release(_ lease: Lease, _ manner: MachineEnd) async throws {}
}

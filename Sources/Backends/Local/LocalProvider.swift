public import MultipleSpawner

/// Says what this machine has free for servers that run as its processes.
public struct LocalProvider: ReportingProvider {
    public static let kind: ProviderKind = "local"
    public static let options = ObjectShape([])

    private let hierarchies: [CgroupHierarchy]

    public init(_ machine: LocalMachine) {
        hierarchies = machine.hierarchies
    }

    public static func hasRoom(for backend: BackendKind) -> Bool {
        backend == LocalBackend.kind || backend == LocalUserBackend.kind
    }

    public func availability() async -> Availability {
        await BlockingWork.run { [hierarchies] in LocalRoom(hierarchies).availability }
    }
}

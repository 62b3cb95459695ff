import FoundationEssentials
import MultipleSpawner

/// An engine in memory, with what a hub does with it.
struct Hub {
    let backend: ScriptedBackend
    private let anyJournal: any Journal
    let feed = EventFeed()
    let orchestrator: Orchestrator
    private let watching: Task<Void, Never>

    init(
        backend: ScriptedBackend = ScriptedBackend(), journal: any Journal = MemoryJournal(),
        authenticator: ScriptedAuthenticator? = nil, access: SessionPlan.Access? = nil,
        provider: ScriptedProvider? = nil, machine: MachinePolicy = MachinePolicy(),
        configurer: ScriptedConfigurer? = nil, preparations: [JSONValue] = [],
        fallbacks: [SessionPlan.Fallback] = [],
        policy: Orchestrator.Policy = Orchestrator.Policy(grace: .zero), concurrentStarts: Int = 100,
        capacity: Int? = nil, lifetime: Lifetime = Lifetime(), recovering: Bool = false, catalogue: Catalogue? = nil,
        quotas: QuotaRules = QuotaRules(), cost: Double? = nil
    ) async throws {
        self.backend = backend
        anyJournal = journal
        let access =
            access
            ?? authenticator.map { _ in SessionPlan.Access(kind: ScriptedAuthenticator.kind, options: ["key_name": "k"])
            }
        let orchestrator = Orchestrator(
            ledger: Ledger(journal: journal, feed: feed, quotas: quotas),
            admission: Admission(concurrentStarts: concurrentStarts, capacity: { _ in capacity }),
            registry: Registry(
                backends: [Registry.Entry(backend, classes: ["test.Scripted"])],
                authenticators: authenticator.map { [Registry.AuthenticatorEntry($0, classes: ["test.Door"])] } ?? [],
                configurers: configurer.map { [Registry.ConfigurerEntry($0, classes: ["test.Painter"])] } ?? [],
                providers: provider.map { provider in
                    [Registry.ProviderMaker(ScriptedProvider.self) { _ in provider }]
                } ?? []),
            policy: policy, installation: "test"
        ) { request in
            let plan = SessionPlan(
                id: request.id, identity: request.identity, template: "test",
                provider: provider == nil ? "local" : "cloud",
                resources: ResourceSpecification(
                    memory: request.options["memory"]?.integerValue ?? ResourceSpecification.gibibyte,
                    cpu: request.options["cpu"]?.doubleValue ?? 1, gpu: request.options["gpu"]?.integerValue ?? 0),
                costPerHour: cost, lifetime: lifetime, backend: ScriptedBackend.kind,
                options: provider == nil ? [:] : ["host": "{endpoint}"], authenticator: access,
                configurers: preparations.map {
                    SessionPlan.Configuration(kind: ScriptedConfigurer.kind, options: $0)
                },
                machine: provider.map { _ in SessionPlan.MachineWish(options: ["image": "x"], policy: machine) },
                startTimeout: request.startTimeout)
            return [plan]
                + fallbacks.map { fallback in
                    var next = plan
                    next.template = fallback.provider
                    next.provider = fallback.provider
                    next.costPerHour = fallback.cost
                    next.machine = nil
                    next.options = [:]
                    return next
                }
        }
        self.orchestrator = orchestrator
        if provider != nil { await orchestrator.machines.configure(by: [Self.cloud]) }
        if recovering { try await orchestrator.recover(with: catalogue) }
        watching = Task { await orchestrator.watch() }
    }

    /// The entry of the cloud in memory.
    static let cloud = ProviderEntry(
        name: "cloud", displayName: "Cloud", types: [.virtualMachine], kind: "scripted", options: [:],
        capacity: ProviderCapacity())

    /// The journal, where it is one in memory.
    var journal: MemoryJournal { anyJournal as? MemoryJournal ?? MemoryJournal() }

    var ledger: Ledger { orchestrator.ledger }

    static func request(
        _ id: String, user: String = "alice", server: String = "", timeout: Duration = .seconds(20),
        groups: Set<String> = [], options: JSONValue = nil
    ) throws -> SessionRequest {
        SessionRequest(
            id: try SessionID(id), identity: try SessionIdentity(hub: "hub", user: user, server: server),
            groups: groups, options: options,
            environment: ["JUPYTERHUB_API_TOKEN": "s3cr3t"], startTimeout: timeout)
    }

    /// Starts and waits for what becomes of it.
    func start(
        _ id: String, user: String = "alice", server: String = "", timeout: Duration = .seconds(20)
    ) async throws -> SessionLifecycle.Phase {
        let request = try Self.request(id, user: user, server: server, timeout: timeout)
        _ = try await orchestrator.submit(request)
        return try await phase(of: id) { $0.isSettled }
    }

    /// Waits until the session's phase is as wanted, and returns it.
    func phase(
        of id: String, until isWanted: @Sendable (SessionLifecycle.Phase) -> Bool
    ) async throws -> SessionLifecycle.Phase {
        let id = try SessionID(id)
        let subscription = await ledger.subscribe(EventFeed.Filter(session: id), after: nil)
        if let phase = subscription.snapshot?.first?.lifecycle.phase, isWanted(phase) { return phase }
        for await event in subscription.events {
            if case .state(let record) = event.content, isWanted(record.lifecycle.phase) {
                return record.lifecycle.phase
            }
        }
        throw SpawnError(.internal, "the feed ended")
    }
}

extension SessionPlan {
    /// Where else a session may be started in a test, without a machine of its own.
    struct Fallback: Sendable {
        var provider: String
        var cost: Double?
    }
}

extension SessionLifecycle.Phase {
    /// Running, or over.
    var isSettled: Bool {
        switch self {
        case .running, .stopped, .failed: true
        case .accepted, .queued, .starting, .stopping: false
        }
    }

    var isOver: Bool {
        switch self {
        case .stopped, .failed: true
        default: false
        }
    }
}

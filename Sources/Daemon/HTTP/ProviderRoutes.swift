import FoundationEssentials
import Hummingbird
import MultipleSpawner

/// `/v1/providers`: who owns machines, what is free, which machines there are, and which hosts take no more.
struct ProviderRoutes: Sendable {
    let files: CatalogueFiles
    let orchestrator: Orchestrator

    func add(to router: some RouterMethods<APIContext>) {
        router.get("/v1/providers") { _, context in
            try allowed(context)
            return try Response(json: await list())
        }
        router.put("/v1/providers/hosts") { request, context in
            try allowed(context)
            let body = try await RequestBody(request, context, as: Self.hostBody)
            let (name, host) = (try body.string("provider"), try body.string("host"))
            let isDrained = try body.string("state") == "drained"
            try await orchestrator.machines.drain(host, of: name, isDrained)
            return try Response(json: ["provider": name, "host": host, "state": isDrained ? "drained" : "serving"])
        }
    }

    /// What `PUT /v1/providers/hosts` takes.
    static let hostBody = ObjectShape([
        Field("provider", .string, required: true, "The provider's name."),
        Field("host", .string, required: true, "The host, as the pool names it."),
        Field("state", .choice(["drained", "serving"]), required: true, "drained: it gets no new session."),
    ])

    /// Machines are of all hubs: a credential of one hub does not show them.
    private func allowed(_ context: APIContext) throws {
        guard context.caller.hub == nil else {
            throw SpawnError(.forbidden, "only an administrator's credential may see machines; use the daemon's socket")
        }
    }

    private func list() async -> ProviderList {
        let machines = await orchestrator.machines.all()
        var entries: [ProviderList.Entry] = []
        for provider in files.catalogue.providers {
            entries.append(
                ProviderList.Entry(
                    provider, await orchestrator.machines.availability(of: provider.name),
                    hosts: await orchestrator.machines.hosts(of: provider.name),
                    machines: machines.filter { $0.provider == provider.name },
                    sessions: await orchestrator.admission.sessions(at: provider.name)))
        }
        // A machine whose provider is not in the file any more still costs what it costs.
        let known = Set(files.catalogue.providers.map(\.name))
        return ProviderList(
            providers: entries, orphans: machines.filter { !known.contains($0.provider) }.map(ProviderList.Machine.init)
        )
    }
}

/// What `GET /v1/providers` answers.
struct ProviderList: Encodable {
    struct Entry: Encodable {
        let name: String
        let kind: String
        let sessions: Int
        /// What is free; `nil` where nobody can say.
        let freeSessions: Int?
        let freeMemory: Int?
        let freeCPU: Double?
        let freeGPU: Int?
        let problem: String?
        let hosts: [Host]
        let machines: [Machine]

        private enum CodingKeys: String, CodingKey {
            case name, kind, sessions, problem, hosts, machines
            case freeSessions = "free_sessions"
            case freeMemory = "free_memory"
            case freeCPU = "free_cpu"
            case freeGPU = "free_gpu"
        }

        init(
            _ entry: ProviderEntry, _ free: Availability, hosts: [HostStatus], machines: [MachineRecord], sessions: Int
        ) {
            name = entry.name
            kind = entry.kind
            self.sessions = sessions
            freeSessions = free.sessions ?? entry.capacity.sessions.map { max(0, $0 - sessions) }
            freeMemory = free.memory
            freeCPU = free.cpu
            freeGPU = free.gpu
            problem = free.problem
            self.hosts = hosts.map(Host.init)
            self.machines = machines.map(Machine.init)
        }
    }

    struct Host: Encodable {
        let name: String
        let slots: Int
        let used: Int
        let state: String
        let problem: String?

        init(_ host: HostStatus) {
            name = host.name
            slots = host.slots
            used = host.used
            switch host.state {
            case .serving: (state, problem) = ("serving", nil)
            case .drained: (state, problem) = ("drained", nil)
            case .sick(let reason): (state, problem) = ("sick", reason)
            }
        }
    }

    struct Machine: Encodable {
        let token: String
        let name: String
        let provider: String
        let user: String
        let state: String
        let sessions: [String]
        let idleSince: String?

        private enum CodingKeys: String, CodingKey {
            case token, name, provider, user, state, sessions
            case idleSince = "idle_since"
        }

        init(_ record: MachineRecord) {
            token = record.token.rawValue
            name = record.label
            provider = record.provider
            user = record.owner.label
            state =
                switch record.state {
                case .asked: "asked for"
                case .ready: "ready"
                case .off: "off"
                case .ending(let end): "ending (\(end.rawValue))"
                }
            sessions = record.sessions.map(\.rawValue).sorted()
            idleSince = record.idleSince?.formatted(.iso8601)
        }
    }

    let providers: [Entry]
    /// Machines whose provider is in no file any more.
    let orphans: [Machine]
}

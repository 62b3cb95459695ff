import Hummingbird
import MultipleSpawner

/// `GET /v1/resources`: templates and providers, what is free there, and what it costs.
struct ResourceRoutes: Sendable {
    let files: CatalogueFiles
    let orchestrator: Orchestrator

    func add(to router: some RouterMethods<APIContext>) {
        router.get("/v1/resources") { _, _ in try Response(json: await list()) }
    }

    private func list() async -> ResourceList {
        let catalogue = files.catalogue
        let rooms = await orchestrator.rooms(in: catalogue)
        var providers: [ResourceList.Provider] = []
        for provider in catalogue.providers {
            providers.append(
                ResourceList.Provider(
                    provider, catalogue.room(at: provider, in: rooms),
                    sessions: await orchestrator.admission.sessions(at: provider.name)))
        }
        let templates = catalogue.templates.map { template in
            let serving = catalogue.providers.filter { provider in
                template.providers.contains(provider.name) && provider.types.contains(template.resourceType)
            }
            return ResourceList.Template(
                template,
                rooms: serving.map { ($0.name, catalogue.room(of: template, at: $0, in: rooms)) })
        }
        return ResourceList(
            templates: templates, providers: providers, waiting: await orchestrator.admission.waiting)
    }
}

/// What `GET /v1/resources` answers.
struct ResourceList: Encodable {
    /// What is free; a key is missing where nobody can say.
    struct Free: Encodable {
        let provider: String?
        let room: Room

        private enum CodingKeys: String, CodingKey {
            case provider, problem
            case sessions = "free_sessions"
            case memory = "free_memory"
            case cpu = "free_cpu"
            case gpu = "free_gpu"
            case cost = "cost_per_hour"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(provider, forKey: .provider)
            try container.encodeIfPresent(room.sessions, forKey: .sessions)
            try container.encodeIfPresent(room.memory, forKey: .memory)
            try container.encodeIfPresent(room.cpu, forKey: .cpu)
            try container.encodeIfPresent(room.gpu, forKey: .gpu)
            try container.encodeIfPresent(room.problem, forKey: .problem)
            try container.encodeIfPresent(room.costPerHour, forKey: .cost)
        }
    }

    struct Template: Encodable {
        let name: String
        let description: String?
        let backend: String
        let resourceType: String
        let providers: [String]
        /// By provider.
        let free: [Free]

        private enum CodingKeys: String, CodingKey {
            case name, description, backend, providers, free
            case resourceType = "resource_type"
        }

        init(_ template: MultipleSpawner.Template, rooms: [(provider: String, room: Room)]) {
            name = template.name
            description = template.description
            backend = template.backend.rawValue
            resourceType = template.resourceType.rawValue
            providers = template.providers
            free = rooms.map { Free(provider: $0.provider, room: $0.room) }
        }
    }

    struct Provider: Encodable {
        let name: String
        let displayName: String
        let types: [String]
        let capacity: Int?
        let sessions: Int
        private let free: Free

        private enum CodingKeys: String, CodingKey {
            case name, types, capacity, sessions
            case displayName = "display_name"
        }

        init(_ provider: ProviderEntry, _ room: Room, sessions: Int) {
            name = provider.name
            displayName = provider.displayName
            types = provider.types.map(\.rawValue)
            capacity = provider.capacity.sessions
            self.sessions = sessions
            free = Free(provider: nil, room: room)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(displayName, forKey: .displayName)
            try container.encode(types, forKey: .types)
            try container.encodeIfPresent(capacity, forKey: .capacity)
            try container.encode(sessions, forKey: .sessions)
            try free.encode(to: encoder)
        }
    }

    let templates: [Template]
    let providers: [Provider]
    let waiting: Int
}

import FoundationEssentials
import MultipleSpawner

/// What a hub keeps of a session: small, without secrets, and enough to take the session over with an empty journal.
struct SavedState: Codable {
    let version: Int
    let session: SessionID
    let backend: BackendKind
    let handle: Handle
    let endpoint: Endpoint
    let template: String
    let deployment: String?
    let provider: String
    let resourceType: ResourceType
    let resources: ResourceSpecification
    let lifetime: Lifetime
    let created: Date
    let started: Date?
    let expires: Date?
    let groups: [String]?
    let costPerHour: Double?

    private enum CodingKeys: String, CodingKey {
        case version, session, backend, handle, endpoint, template, deployment, provider, lifetime, created, started
        case expires, groups
        case costPerHour = "cost_per_hour"
        case resourceType = "resource_type"
        case resources = "resource_specification"
    }

    /// `nil` unless the session runs: before that there is nothing to take over.
    init?(_ record: SessionRecord) {
        guard case .running(let endpoint) = record.lifecycle.phase, let handle = record.lifecycle.handle else {
            return nil
        }
        version = 1
        session = record.id
        backend = record.backend
        self.handle = handle
        self.endpoint = endpoint
        template = record.template
        deployment = record.deployment
        provider = record.provider
        resourceType = record.resourceType
        resources = record.resources
        lifetime = record.lifetime
        created = record.created
        started = record.started
        expires = record.expires
        groups = record.groups.isEmpty ? nil : record.groups.sorted()
        costPerHour = record.costPerHour
    }

    /// The record that the state stands for.
    func record(identity: SessionIdentity) throws -> SessionRecord {
        guard version == 1 else {
            throw SpawnError(.unsupported, "the saved state has version \(version); this daemon reads version 1")
        }
        guard handle.backend == backend else {
            throw SpawnError(.invalidRequest, "the saved state names two backends")
        }
        let started = started ?? created
        let isPlausible =
            (1...65_535).contains(endpoint.port) && created <= started && started <= Date().addingTimeInterval(86_400)
            && resources.memory > 0 && resources.cpu > 0 && resources.gpu >= 0
            && (lifetime.minutes ?? 1) > 0 && (lifetime.maximum ?? 1) > 0 && (costPerHour ?? 0) >= 0
        guard isPlausible else {
            throw SpawnError(
                .invalidRequest, "the saved state holds values that no session has; start the server again")
        }
        return SessionRecord(
            id: session, identity: identity, template: template, deployment: deployment, provider: provider,
            resourceType: resourceType, resources: resources, backend: backend, lifetime: lifetime,
            groups: Set(groups ?? []), costPerHour: costPerHour, created: created, started: started, expires: expires,
            lifecycle: SessionLifecycle(adopting: handle, at: endpoint))
    }
}

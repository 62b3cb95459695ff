#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// All that is kept of a session: enough to watch it, to stop it and to show it after the daemon was killed.
///
/// It holds no token, no environment and no user option.
public struct SessionRecord: Sendable, Hashable, Codable {
    public let id: SessionID
    public let identity: SessionIdentity
    private let memberships: [String]?
    public private(set) var template: String
    public private(set) var deployment: String?
    public private(set) var provider: String
    public private(set) var resourceType: ResourceType
    public private(set) var resources: ResourceSpecification
    public private(set) var backend: BackendKind
    public private(set) var lifetime: Lifetime
    /// What the provider took for an hour when it was asked for; `nil` where nobody said so.
    public private(set) var costPerHour: Double?
    public let created: Date
    /// When it answered.
    public var started: Date?
    /// When it was told to end, or was seen to have ended.
    public internal(set) var ended: Date?
    /// The end of its lifetime.
    public var expires: Date?
    public var lifecycle: SessionLifecycle

    public init(
        id: SessionID, identity: SessionIdentity, template: String, deployment: String?, provider: String,
        resourceType: ResourceType, resources: ResourceSpecification, backend: BackendKind, lifetime: Lifetime,
        groups: Set<String> = [], costPerHour: Double? = nil, created: Date, started: Date? = nil,
        expires: Date? = nil, lifecycle: SessionLifecycle = SessionLifecycle()
    ) {
        self.id = id
        self.identity = identity
        self.template = template
        self.deployment = deployment
        self.provider = provider
        self.resourceType = resourceType
        self.resources = resources
        self.backend = backend
        self.lifetime = lifetime
        memberships = groups.isEmpty ? nil : groups.sorted()
        self.costPerHour = costPerHour
        self.created = created
        self.started = started
        self.expires = expires
        self.lifecycle = lifecycle
    }

    public init(_ plan: SessionPlan, groups: Set<String> = [], created: Date) {
        self.init(
            id: plan.id, identity: plan.identity, template: plan.template, deployment: plan.deployment,
            provider: plan.provider, resourceType: plan.resourceType, resources: plan.resources,
            backend: plan.backend, lifetime: plan.lifetime, groups: groups, costPerHour: plan.costPerHour,
            created: created)
    }

    /// The user's groups when it was asked for.
    public var groups: Set<String> { Set(memberships ?? []) }

    /// The start goes on elsewhere: nothing is left where it was tried before.
    mutating func move(to plan: SessionPlan) throws(SpawnError) {
        try lifecycle.apply(.moved)
        template = plan.template
        deployment = plan.deployment
        provider = plan.provider
        resourceType = plan.resourceType
        resources = plan.resources
        backend = plan.backend
        lifetime = plan.lifetime
        costPerHour = plan.costPerHour
    }
}

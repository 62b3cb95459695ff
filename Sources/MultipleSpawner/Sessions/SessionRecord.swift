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
    public private(set) var template: String
    public private(set) var deployment: String?
    public private(set) var provider: String
    public private(set) var resourceType: ResourceType
    public private(set) var resources: ResourceSpecification
    public private(set) var backend: BackendKind
    public private(set) var lifetime: Lifetime
    public let created: Date
    /// When it answered.
    public var started: Date?
    /// The end of its lifetime.
    public var expires: Date?
    public var lifecycle: SessionLifecycle

    public init(
        id: SessionID, identity: SessionIdentity, template: String, deployment: String?, provider: String,
        resourceType: ResourceType, resources: ResourceSpecification, backend: BackendKind, lifetime: Lifetime,
        created: Date, started: Date? = nil, expires: Date? = nil, lifecycle: SessionLifecycle = SessionLifecycle()
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
        self.created = created
        self.started = started
        self.expires = expires
        self.lifecycle = lifecycle
    }

    public init(_ plan: SessionPlan, created: Date) {
        self.init(
            id: plan.id, identity: plan.identity, template: plan.template, deployment: plan.deployment,
            provider: plan.provider, resourceType: plan.resourceType, resources: plan.resources,
            backend: plan.backend, lifetime: plan.lifetime, created: created)
    }

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
    }
}

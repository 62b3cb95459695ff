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
    public let template: String
    public let deployment: String?
    public let provider: String
    public let resourceType: ResourceType
    public let resources: ResourceSpecification
    public let backend: BackendKind
    public let lifetime: Lifetime
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
}

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// All that is kept of a machine that a provider gave, from before it is asked for until it is given back.
///
/// It holds no secret.
public struct MachineRecord: Sendable, Hashable, Codable {
    public enum State: Sendable, Hashable, Codable {
        /// It was, or is about to be, asked for.
        case asked
        /// It may be logged in to.
        case ready
        /// It is being switched off or given back.
        case ending(MachineEnd)
        /// It is switched off.
        case off
    }

    public let token: MachineToken
    /// The name of the provider's entry.
    public let provider: String
    /// Whose it is; the server counts only where machines are not shared.
    public let owner: SessionIdentity
    /// What was asked for. Another session may have the machine only where it would ask for the same.
    public let wish: String
    public let policy: MachinePolicy
    public let created: Date
    public var state: State
    /// The sessions that use it.
    public var sessions: Set<SessionID>
    /// What the provider gave last; `nil` where it was not asked yet.
    public var lease: Lease?
    public var machine: Machine?
    /// Whether a server ever ran there.
    public var isSettled = false
    /// Since when nobody uses it.
    public var idleSince: Date?

    public init(
        token: MachineToken, provider: String, owner: SessionIdentity, wish: String, policy: MachinePolicy,
        created: Date, sessions: Set<SessionID>
    ) {
        self.token = token
        self.provider = provider
        self.owner = owner
        self.wish = wish
        self.policy = policy
        self.created = created
        self.state = .asked
        self.sessions = sessions
    }

    var isEnding: Bool {
        guard case .ending = state else { return false }
        return true
    }

    /// What becomes of it when its last session ends so. One on which nothing ever ran is of no use to anybody.
    func manner(for reason: StopReason) -> MachineEnd {
        guard isSettled else { return .destroy }
        return reason == .lifetimeOver ? policy.atEnd : policy.atStop
    }

    /// What a person would look for.
    public var label: String { machine?.name ?? token.rawValue }

    /// Whether a session of this owner, who would ask for this, may have it.
    func serves(_ identity: SessionIdentity, provider: String, wish: String, isShared: Bool) -> Bool {
        self.provider == provider && self.wish == wish && policy.isShared == isShared && owner.hub == identity.hub
            && owner.user == identity.user && (isShared || owner.server == identity.server)
    }
}

/// A host of a pool that takes no new session.
public struct DrainedHost: Sendable, Hashable, Codable {
    /// The name of the provider's entry.
    public let provider: String
    public let host: String

    public init(provider: String, host: String) {
        self.provider = provider
        self.host = host
    }
}

/// What was applied to a machine, so that it is not applied again.
public struct PreparedMachine: Sendable, Hashable, Codable {
    public let address: MachineAddress
    /// A digest of what was applied last, by what applied it for whom.
    public var digests: [String: String]

    public init(address: MachineAddress, digests: [String: String] = [:]) {
        self.address = address
        self.digests = digests
    }
}

/// Who owns machines: finds one that is free, or makes one, and takes it back.
///
/// One instance serves one entry of `providers.json`. It may remember what it learned (prices, addresses, which host is
/// sick), but nothing that is needed to give a machine back: that is in the `Lease`. The promises:
///
/// - `acquire` hands over a lease **before** it asks for anything, with all that finds the machine again should the answer
///   be lost: the token of the request. It may hand over another whenever more is known.
/// - `acquire` with the token of an earlier call returns that machine, and never makes a second one.
/// - `acquire` that throws leaves nothing behind, or a checkpointed lease.
/// - `release` may be called with any lease that was ever checkpointed, twice; when it returns from `.destroy`, the machine
///   and all that was made for it alone are gone, and what others still use is there. A machine that cannot be asked about
///   is not gone: that is a throw.
/// - what is made carries the installation's and the session's names, so `census` finds it.
/// - a lease holds no secret: it is kept by the journal.
public protocol Provider: Sendable {
    /// The name in journals, and `kind` in `providers.json`.
    static var kind: ProviderKind { get }

    /// The options that an entry of `providers.json` may give.
    static var options: ObjectShape { get }

    /// The options that a template, and over them a deployment, may add for the machines that they want: an image, a shape.
    static var machineOptions: ObjectShape { get }

    /// Whether an entry with these options has machines to give. One that has none only says how much there is.
    static func givesMachines(_ options: JSONValue) -> Bool

    /// Whether machines stay as they are when they are given back: what was prepared there is there for the next.
    static var lendsHosts: Bool { get }

    /// Whether what is free here is free for servers of this backend. This machine has no room to tell of for a server that
    /// a swarm starts.
    static func hasRoom(for backend: BackendKind) -> Bool

    /// Told before any other call: the leases that the journal has. A lease that is known may be told once more.
    func resume(_ leases: [Lease]) async

    /// Finds or makes a machine, and returns when its address is known. Whether it answers there is asked by others.
    ///
    /// - Throws: `over_capacity` where there is none now, `unavailable` for what may go better later, `backend_failed` for a
    ///   refusal, `invalid_request` for what it never has.
    func acquire(_ wanted: MachineRequest, checkpoint: LeaseCheckpoint) async throws -> Machine

    /// Gives the machine back: for good, or switched off so that a later `acquire` with the same token finds it again.
    func release(_ lease: Lease, _ manner: MachineEnd) async throws

    /// What there is, and what is free.
    func availability() async -> Availability

    /// All that carries our installation's name.
    func census() async throws -> [OwnedMachine]

    /// The hosts of a pool; none where machines are made.
    func hosts() async -> [HostStatus]

    /// Takes a host out of use for new sessions, or back into it. It is told again after a restart.
    ///
    /// - Throws: `not_found` for a host that is not there, `unsupported` where there is no pool.
    func drain(_ host: String, _ isDrained: Bool) async throws

    /// Whether it could serve now, and what to do where not. It makes nothing.
    func examine() async -> [Finding]
}

extension Provider {
    public var kind: ProviderKind { Self.kind }

    public static var machineOptions: ObjectShape { ObjectShape([]) }

    public static func givesMachines(_ options: JSONValue) -> Bool { true }

    public static var lendsHosts: Bool { false }

    public static func hasRoom(for backend: BackendKind) -> Bool { true }

    public func resume(_ leases: [Lease]) async {}

    public func census() async throws -> [OwnedMachine] { [] }

    public func hosts() async -> [HostStatus] { [] }

    public func drain(_ host: String, _ isDrained: Bool) async throws {
        throw SpawnError(.unsupported, "a provider of the kind '\(kind.rawValue)' has no hosts to drain")
    }

    public func examine() async -> [Finding] { [] }
}

/// Whether something answers where a machine is logged in to. It asks once, and not for long.
public typealias MachineCheck = @Sendable (MachineAddress) async -> Bool

/// What becomes of a machine that nobody uses any more.
public enum MachineEnd: String, Sendable, Hashable, Codable, CaseIterable {
    /// It runs on, for its user's next session.
    case keep
    /// It is switched off, and on again for its user's next session.
    case stop
    /// It is given back for good, with all that was made for it.
    case destroy
}

/// For whom a machine is wanted, and what it has to have.
public struct MachineRequest: Sendable {
    /// The same for the same machine, however often it is asked for: what makes a request idempotent.
    public var token: MachineToken
    /// This daemon, told from others: what its machines are tagged with.
    public var installation: String
    public var session: SessionID
    public var identity: SessionIdentity
    public var resources: ResourceSpecification
    /// Checked against `machineOptions`, with placeholders filled in.
    public var options: JSONValue
    /// Lines of `authorized_keys` for the account that a new machine is logged in to.
    public var authorizedKeys: [String]
    public var startTimeout: Duration

    public init(
        token: MachineToken, installation: String, session: SessionID, identity: SessionIdentity,
        resources: ResourceSpecification = ResourceSpecification(), options: JSONValue = [:],
        authorizedKeys: [String] = [], startTimeout: Duration = .seconds(600)
    ) {
        self.token = token
        self.installation = installation
        self.session = session
        self.identity = identity
        self.resources = resources
        self.options = options
        self.authorizedKeys = authorizedKeys
        self.startTimeout = startTimeout
    }
}

/// A machine that may be logged in to.
public struct Machine: Sendable, Hashable, Codable {
    public var address: MachineAddress
    /// What a person would look for: `i-0abc (t3.small)`, `gpu-2`.
    public var name: String
    /// The account that is there from the beginning; `nil` where the provider does not know.
    public var account: String?
    /// Host keys that the owner vouches for, as `TYPE BASE64`: the first connection is checked against them.
    public var hostKeys: [String]
    /// Further values for placeholders, as `{machine_zone}`; `{endpoint}` and `{machine}` are always there.
    public var details: [String: String]

    public init(
        address: MachineAddress, name: String, account: String? = nil, hostKeys: [String] = [],
        details: [String: String] = [:]
    ) {
        self.address = address
        self.name = name
        self.account = account
        self.hostKeys = hostKeys
        self.details = details
    }
}

/// Something at a provider that carries our installation's name.
public struct OwnedMachine: Sendable, Hashable {
    public var token: MachineToken?
    public var session: SessionID?
    public var user: String?
    /// What `release` takes.
    public var lease: Lease
    /// `i-0abc (t3.small, running)`.
    public var description: String

    public init(
        token: MachineToken?, session: SessionID? = nil, user: String? = nil, lease: Lease, description: String
    ) {
        self.token = token
        self.session = session
        self.user = user
        self.lease = lease
        self.description = description
    }
}

/// What a provider could give now.
public struct Availability: Sendable, Hashable {
    /// Nobody can say.
    public static let unknown = Availability()

    /// How many more sessions; `nil` where nobody can say.
    public var sessions: Int?
    /// The largest machine, or share of one, that is free: bytes, cores, GPUs; `nil` where nobody can say.
    public var memory: Int?
    public var cpu: Double?
    public var gpu: Int?
    /// Why there is nothing, where there is nothing.
    public var problem: String?

    public init(
        sessions: Int? = nil, memory: Int? = nil, cpu: Double? = nil, gpu: Int? = nil, problem: String? = nil
    ) {
        self.sessions = sessions
        self.memory = memory
        self.cpu = cpu
        self.gpu = gpu
        self.problem = problem
    }
}

/// Names one machine, from before it exists until after it is gone: `ms-` and 32 hexadecimal digits.
///
/// It goes to clouds as the token that makes a request idempotent, and on machines as a tag and a name.
public struct MachineToken: Hashable, Sendable, Codable, RawRepresentable {
    public let rawValue: String

    /// `nil` for what is no such text.
    public init?(rawValue: String) {
        guard rawValue.utf8.count == 35, rawValue.hasPrefix("ms-"),
            rawValue.utf8.dropFirst(3).allSatisfy({ "0123456789abcdef".utf8.contains($0) })
        else { return nil }
        self.rawValue = rawValue
    }

    /// A new one.
    public init() {
        var generator = SystemRandomNumberGenerator()
        let digits = (0..<32).map { _ in "0123456789abcdef".randomElement(using: &generator) ?? "0" }
        rawValue = "ms-" + String(digits)
    }
}

/// Where a session is in its life, and which way it may go from there. Pure: it has no clock and does nothing.
///
/// ```
/// accepted ─▶ queued ─▶ starting(step) ─▶ running ─▶ stopping ─▶ stopped · failed
///     └──────────┴──────────┴───────────────────────────┘
/// ```
/// From every state before `stopping` the way leads there: what was done is undone before the session is over.
public struct SessionLifecycle: Sendable, Hashable, Codable {
    public enum Phase: Sendable, Hashable, Codable {
        case accepted
        case queued
        case starting(StartStep)
        case running(Endpoint)
        case stopping(StopReason)
        case stopped(StopReason)
        case failed(SessionFailure)
    }

    public private(set) var phase: Phase = .accepted
    /// What the backend gave last. It stays until the session is over: it is what undoing needs.
    public private(set) var handle: Handle?
    /// What the authenticator gave last. It stays as long, and for the same reason.
    public private(set) var grant: Grant?
    /// The machine that a provider gave, or was asked for.
    public private(set) var machine: MachineToken?
    private var traced: [MachineTrace]?
    private var cleared: Bool?

    public init() {}

    /// A session that is known to run already: one that a hub's own memory brought back.
    public init(adopting handle: Handle, at endpoint: Endpoint) {
        self.phase = .running(endpoint)
        self.handle = handle
    }

    /// What configurers left to be undone, in the order in which they came.
    public var traces: [MachineTrace] { traced ?? [] }

    /// Whether all that was on the machine is undone. The way in to it may be gone since.
    public var isCleared: Bool { cleared ?? false }

    /// Applies one event, or refuses it and changes nothing.
    public mutating func apply(_ event: SessionEvent) throws(SpawnError) {
        switch (phase, event) {
        case (.accepted, .queued), (.queued, .queued):
            phase = .queued
        case (.accepted, .began(let step)), (.queued, .began(let step)), (.starting, .began(let step)):
            phase = .starting(step)
        case (.accepted, .moved), (.queued, .moved), (.starting, .moved):
            phase = .accepted
            forgetAll()
        case (.starting, .checkpointed(let handle)):
            self.handle = handle
        case (.starting, .granted(let grant)), (.running, .granted(let grant)):
            self.grant = grant
        case (.accepted, .took(let machine)), (.queued, .took(let machine)), (.starting, .took(let machine)):
            self.machine = machine
        case (.starting, .traced(let trace)):
            traced = traces.filter { $0.number != trace.number } + [trace]
        case (.starting, .answered(let endpoint)) where handle != nil:
            phase = .running(endpoint)
        case (.accepted, .stopping(let reason)), (.queued, .stopping(let reason)),
            (.starting, .stopping(let reason)), (.running, .stopping(let reason)):
            phase = .stopping(reason)
        case (.starting, .cleared), (.stopping, .cleared):
            cleared = true
        case (.stopping(.failed(let failure)), .undone):
            phase = .failed(failure)
            forgetAll()
        case (.stopping(let reason), .undone):
            phase = .stopped(reason)
            forgetAll()
        default:
            throw SpawnError(.internal, "a session that is \(phase.name) cannot take the event '\(event.name)'")
        }
    }

    private mutating func forgetAll() {
        handle = nil
        grant = nil
        machine = nil
        traced = nil
        cleared = nil
    }

    /// Whether there is anything left to watch or to undo.
    public var isLive: Bool {
        switch phase {
        case .accepted, .queued, .starting, .running, .stopping: true
        case .stopped, .failed: false
        }
    }
}

/// What happens to a session.
public enum SessionEvent: Sendable, Hashable {
    case queued
    /// The step is about to be done. It is written down first, so that whatever it leaves can be undone.
    case began(StartStep)
    case checkpointed(Handle)
    /// All that an attempt left is undone, and the next one is made elsewhere.
    case moved
    /// What the authenticator is about to make, or has made.
    case granted(Grant)
    /// The machine that is about to be asked for.
    case took(MachineToken)
    /// What a configurer is about to do that is to be undone.
    case traced(MachineTrace)
    case answered(Endpoint)
    case stopping(StopReason)
    /// What was on the machine is undone; the way in is closed next, and the machine given back.
    case cleared
    case undone
}

/// What is being done while a session starts, in the order in which it is done.
public enum StartStep: String, Sendable, Hashable, Codable, CaseIterable {
    /// The provider finds a machine, or makes one.
    case acquire
    /// The machine boots.
    case reach
    /// The authenticator makes the way in to the machine.
    case authenticate
    /// The configurers prepare the machine.
    case configure
    /// The backend starts the server.
    case start
    /// The server is up but does not accept connections yet.
    case answer
}

/// What a configurer left to be undone, and where.
public struct MachineTrace: Sendable, Hashable, Codable {
    public let trace: Trace
    /// Which configurer of the template's it was.
    public let number: Int
    public let machine: MachineAddress
    /// Under what it is noted that the machine is prepared.
    public let key: String
    /// The name of the backend's `Workplace`.
    public let workplace: String

    public init(trace: Trace, number: Int, machine: MachineAddress, key: String, workplace: String) {
        self.trace = trace
        self.number = number
        self.machine = machine
        self.key = key
        self.workplace = workplace
    }
}

/// Why a session ends.
public enum StopReason: Sendable, Hashable, Codable {
    /// Its user, an admin or the hub asked for it.
    case asked
    /// The server ended by itself.
    case exited(Int32?)
    case lifetimeOver
    /// No hub has asked after it for longer than the limit.
    case abandoned
    /// The daemon was restarted in the middle of the start; only the hub has the token, so only it can start again.
    case interrupted
    case failed(SessionFailure)
}

/// Why a session failed, as it is kept and shown.
///
/// The details may quote a server's own log, in which anything may stand: they are shown, and not kept.
public struct SessionFailure: Sendable, Hashable, Codable {
    public let code: String
    public let message: String
    public private(set) var details: [String] = []

    private enum CodingKeys: String, CodingKey {
        case code, message
    }

    public init(_ error: SpawnError) {
        code = error.code.rawValue
        message = error.message
        details = error.details
    }

    public var error: SpawnError {
        SpawnError(SpawnError.Code(rawValue: code) ?? .internal, message, details: details)
    }
}

extension SessionLifecycle.Phase {
    /// The name of the state in the HTTP interface.
    public var name: String {
        switch self {
        case .accepted: "accepted"
        case .queued: "queued"
        case .starting: "starting"
        case .running: "running"
        case .stopping: "stopping"
        case .stopped: "stopped"
        case .failed: "failed"
        }
    }
}

extension SessionEvent {
    var name: String {
        switch self {
        case .queued: "queued"
        case .began(let step): "began \(step.rawValue)"
        case .checkpointed: "checkpointed"
        case .moved: "moved"
        case .granted: "granted"
        case .took: "took"
        case .traced: "traced"
        case .answered: "answered"
        case .stopping: "stopping"
        case .cleared: "cleared"
        case .undone: "undone"
        }
    }
}

extension SessionLifecycle {
    var isStopping: Bool {
        guard case .stopping = phase else { return false }
        return true
    }

    /// Whether it had not answered yet.
    var isUnfinishedStart: Bool {
        switch phase {
        case .accepted, .queued, .starting: true
        case .running, .stopping, .stopped, .failed: false
        }
    }

    /// Whether the daemon's own restart cut its start off. The same attempt may then begin again.
    var wasInterrupted: Bool {
        switch phase {
        case .stopping(.interrupted), .stopped(.interrupted): true
        default: false
        }
    }
}

extension StopReason {
    /// The reason in a word, for logs.
    public var name: String {
        switch self {
        case .asked: "asked"
        case .exited: "exited"
        case .lifetimeOver: "lifetime over"
        case .abandoned: "abandoned"
        case .interrupted: "interrupted"
        case .failed(let failure): "failed: \(failure.message)"
        }
    }
}

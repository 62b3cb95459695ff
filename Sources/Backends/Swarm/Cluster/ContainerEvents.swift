import MultipleSpawner
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the machine whose Docker is asked says of its own containers, at once.
///
/// A container's start is told some 45 ms before its task is said to run; an end before anybody asks. Machines of other
/// nodes tell nothing here, so this is never more than the quicker of two ways to know.
final class ContainerEvents: Sendable {
    /// A container of ours that has started.
    struct Start: Sendable {
        let container: String
        let task: String
        let service: String
    }

    private struct State {
        var waiting: [SessionID: [Int: CheckedContinuation<Start, any Error>]] = [:]
        var lastWaiter = 0
        var listeners: [Int: AsyncStream<SessionID>.Continuation] = [:]
        var lastListener = 0
        var isHeard = false
    }

    private let state = Mutex(State())

    /// Whether the machine tells at present.
    var isHeard: Bool { state.withLock(\.isHeard) }

    func setHeard(_ isHeard: Bool) {
        state.withLock { $0.isHeard = isHeard }
    }

    /// Waits until a container of the session starts from now on.
    func start(of session: SessionID) async throws -> Start {
        let key = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    // A cancellation that came first finds nobody to wake.
                    guard !Task.isCancelled else { return true }
                    state.waiting[session, default: [:]][key] = continuation
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                defer { if state.waiting[session]?.isEmpty == true { state.waiting[session] = nil } }
                return state.waiting[session]?.removeValue(forKey: key)
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    /// The sessions whose containers end.
    func ends() -> AsyncStream<SessionID> {
        AsyncStream { continuation in
            let key = state.withLock { state in
                state.lastListener += 1
                state.listeners[state.lastListener] = continuation
                return state.lastListener
            }
            continuation.onTermination = { _ in
                self.state.withLock { _ = $0.listeners.removeValue(forKey: key) }
            }
        }
    }

    /// Takes one event in.
    func hear(_ event: ContainerEvent) {
        guard let session = event.session else { return }
        switch event.action {
        case .start:
            let waiting = state.withLock { $0.waiting.removeValue(forKey: session) ?? [:] }
            for continuation in waiting.values {
                continuation.resume(
                    returning: Start(container: event.container, task: event.task ?? "", service: event.service ?? ""))
            }
        case .die:
            let listeners = state.withLock { Array($0.listeners.values) }
            for listener in listeners { listener.yield(session) }
        }
    }
}

/// One event of `GET /events`, as far as it is looked at.
struct ContainerEvent: Sendable, Decodable {
    enum Action: String, Sendable, Decodable {
        case start, die
    }

    let action: Action
    let container: String
    let session: SessionID?
    let task: String?
    let service: String?

    /// - Returns: `nil` for an event of another form.
    init?(_ line: [UInt8]) {
        guard let event = try? JSONDecoder().decode(Self.self, from: Data(line)) else { return nil }
        self = event
    }

    private enum Key: String, CodingKey {
        case action = "Action"
        case actor = "Actor"
        case id = "ID"
        case attributes = "Attributes"
    }

    init(from decoder: any Decoder) throws {
        let event = try decoder.container(keyedBy: Key.self)
        action = try event.decode(Action.self, forKey: .action)
        let actor = try event.nestedContainer(keyedBy: Key.self, forKey: .actor)
        container = try actor.decode(String.self, forKey: .id)
        let attributes = try actor.decodeIfPresent([String: String].self, forKey: .attributes) ?? [:]
        session = attributes[ServiceLabels.session].flatMap(SessionID.init(rawValue:))
        task = attributes["com.docker.swarm.task.id"]
        service = attributes["com.docker.swarm.service.id"]
    }
}

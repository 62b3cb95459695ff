import MultipleSpawner
import Synchronization
import Transport

/// What a run has said so far.
final class AnsibleProgress: Sendable {
    struct State: Sendable {
        /// Tasks that were begun.
        var count = 0
        /// The last of them, with its playbook.
        var last: AnsibleEvent?
        var failure: AnsibleEvent?
        var passedOver = false
    }

    private let state = Mutex(State())
    /// Whether a task is told with the name of its playbook.
    private let tellsPlaybook: Bool

    init(playbooks: Int) {
        tellsPlaybook = playbooks > 1
    }

    var current: State { state.withLock { $0 } }

    /// - Returns: what the waiting user is told, where there is something new: `add the user (3 of 7)`.
    func take(_ event: AnsibleEvent) -> String? {
        state.withLock { state in
            switch event.event {
            case .failed, .unreachable:
                state.failure = event
                return nil
            case .passedOver:
                state.passedOver = true
                return nil
            case .task:
                state.count += 1
                state.last = event
            }
            let playbook = tellsPlaybook ? ProgramWords.line(event.playbook, most: 60) + ": " : ""
            let name = ProgramWords.line(event.task ?? "", most: 80)
            return "\(playbook)\(name) (\(event.number ?? 1) of \(event.total ?? 1))"
        }
    }
}

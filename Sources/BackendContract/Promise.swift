/// What a backend promises. The raw value names it in findings and on the command line.
public enum Promise: String, Sendable, Hashable, CaseIterable {
    case options
    case handle
    case checkpoint
    case refusedCheckpoint = "refused-checkpoint"
    case failure
    case cancellation
    case answer
    case poll
    case unknownIsNotDead = "unknown-is-not-dead"
    case end
    case stop
    case stopDuringStart = "stop-during-start"
    case separation
    case restart
    case census
    case logs
    case originals

    /// The promise in one sentence.
    public var meaning: String {
        switch self {
        case .options: "its options are declared, each once, and no other is taken"
        case .handle: "a handle names its backend and holds no secret"
        case .checkpoint: "a start hands over a handle before it returns, and what runs then is found by its label"
        case .refusedCheckpoint: "a start whose handle cannot be written down leaves nothing behind"
        case .failure: "a start that fails leaves nothing behind, or a handle that can be stopped"
        case .cancellation: "a start that is cancelled leaves nothing behind, or a handle that can be stopped"
        case .answer: "a server that was started answers"
        case .poll: "a poll answers for every handle, in order, and changes nothing"
        case .unknownIsNotDead: "what could not be asked is not called gone"
        case .end: "a server that ended by itself is seen to have ended"
        case .stop: "a stop may be called twice and at once, and when it returns all is gone"
        case .stopDuringStart: "a stop works with a handle from the middle of a start"
        case .separation: "two sessions do not share an endpoint, and the stop of one leaves the other"
        case .restart: "after a restart a handle is all that is needed to watch and stop a session"
        case .census: "the census lists a running session with its owner, and not a stopped one"
        case .logs: "a log ends; one that is followed ends with its session"
        case .originals: "a state that is not understood gives no handle"
        }
    }
}

/// What a provider promises. The raw value names it in findings and on the command line.
public enum ProviderPromise: String, Sendable, Hashable, CaseIterable {
    case lease
    case sameToken = "same-token"
    case refusedCheckpoint = "refused-checkpoint"
    case cancellation
    case census
    case release
    case anyLease = "any-lease"
    case neverMade = "never-made"
    case separation
    case off
    case restart
    case unreadable
    case availability

    /// The promise in one sentence.
    public var meaning: String {
        switch self {
        case .lease: "a lease is handed over before a machine is given, and names its provider"
        case .sameToken: "asked with the same token it gives the same machine, and makes no second one"
        case .refusedCheckpoint:
            "a request whose lease cannot be written down leaves nothing that an earlier lease does not end"
        case .cancellation: "a request that is cut short leaves nothing, or a lease that can be given back"
        case .census: "the census lists a machine with its token and session, and not one that was given back"
        case .release: "giving a machine back twice is no error, and when it returns the machine is gone"
        case .anyLease: "any lease that was ever handed over gives the machine back"
        case .neverMade: "giving back a machine that was never made is no error"
        case .separation: "two tokens are two machines, and giving back one leaves the other"
        case .off: "a machine that was switched off is given again for its token"
        case .restart: "after a restart a lease is all that is needed to give a machine back"
        case .unreadable: "a lease that cannot be read is an error, and no machine that is gone"
        case .availability: "what is free is told, and never less than nothing"
        }
    }
}

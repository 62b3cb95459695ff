/// A host of a pool, as people see it.
public struct HostStatus: Sendable, Hashable, Codable {
    public enum State: Sendable, Hashable, Codable {
        case serving
        /// It takes no new session; those that are there stay.
        case drained
        /// Why it gets none for a while.
        case sick(String)
    }

    public let name: String
    public let slots: Int
    public let used: Int
    public let state: State

    public init(name: String, slots: Int, used: Int, state: State) {
        self.name = name
        self.slots = slots
        self.used = used
        self.state = state
    }
}

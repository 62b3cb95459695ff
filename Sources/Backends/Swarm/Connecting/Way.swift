/// How one service is reached: decided before it is made, for some ways are part of what is made.
enum Way: Sendable, Hashable {
    /// The task's address on this overlay network, by the network's id.
    case address(network: String)
    /// The container's address on a bridge of this machine.
    case gateway
    /// A DNS name that no earlier start had: a hub's resolver may hold the address of an earlier one for minutes.
    case name(String)
    /// The port of the node that leads to this one of the container; `nil`: the one that Docker publishes anyway.
    case nodePort(target: Int)
    /// The container has the node's own network.
    case node

    /// Whether a port of the node is to be opened for it.
    var opensPort: Bool {
        if case .nodePort = self { true } else { false }
    }
}

/// What the choice of a way depends on.
struct WayQuestion: Sendable {
    var mode: ConnectMode
    /// The networks of the service, by name or id.
    var networks: [String]
    /// The server's port in the container.
    var port: Int
    /// Whether the options publish that port already, and by mode `host`.
    var published: Published
    /// A DNS name for this start alone.
    var alias: String

    enum Published: Sendable, Hashable {
        case no, host, ingress
    }
}

/// How one service is reached: decided before it is made, for some ways are part of what is made.
enum Way: Sendable, Hashable {
    /// The task's address on this overlay network, by the network's id.
    case address(network: String)
    /// The container's address on a bridge of this machine.
    case gateway
    /// A DNS name that no earlier start had: a hub's resolver may hold the address of an earlier one for minutes.
    case name(String, ConnectMode)
    /// The port of the node that leads to this one of the container; `nil`: the one that Docker publishes anyway.
    case nodePort(target: Int)
    /// The container has the node's own network.
    case node

    /// Whether a port of the node is to be opened for it.
    var opensPort: Bool {
        if case .nodePort = self { true } else { false }
    }

    /// Whether it leads to one task alone, and not to the next one of the same service.
    var isOfOneTask: Bool {
        switch self {
        case .address, .gateway, .nodePort, .node: true
        case .name: false
        }
    }

    /// What it means for the service that is made.
    var mode: ConnectMode {
        switch self {
        case .address, .node: .address
        case .gateway: .gateway
        case .name(_, let mode): mode
        case .nodePort: .hostPort
        }
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
    /// Whether Docker starts the container again when it ends: it has another address then.
    var restarts: Bool
    /// A DNS name for this start alone.
    var alias: String
    /// Whether the server proves who it is by a certificate of the hub's.
    var hasCertificate = false

    enum Published: Sendable, Hashable {
        case no, host, ingress
    }
}

extension WayQuestion {
    init(_ options: SwarmOptions, alias: String) {
        let port = options.endpoint?.ports?.first { $0.target == options.port }
        self.init(
            mode: options.connect, networks: options.networks.map(\.target), port: options.port,
            published: port.map { $0.mode == "host" ? .host : .ingress } ?? .no,
            restarts: options.restartPolicy.condition != "none", alias: alias)
    }
}

/// How the hub and its proxy reach a server.
enum ConnectMode: String, Sendable, Hashable, Codable, CaseIterable {
    /// The first that works where the daemon is.
    case auto
    /// The task's own address on one of its networks.
    case address
    /// The service's name, behind Docker's virtual address.
    case vip
    /// The service's name, which is the task's address itself.
    case dnsrr
    /// `tasks.` and the service's name.
    case tasks
    /// A port of the node that the task is on.
    case hostPort = "host_port"
    /// The task's address on the bridge between a node and its containers, for a hub on that node.
    case gateway
}

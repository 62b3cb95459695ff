import MultipleSpawner

/// Ways for servers that have a certificate of the hub's: it is good for the names that an attempt has on its networks,
/// which are known before there is a server, and for no address.
extension SwarmCluster {
    /// The way by a name, where `auto` chooses.
    ///
    /// - Throws: `invalid_request` where the way that is asked for leads to an address; `backend_failed` where the
    ///   daemon is on no network that has names.
    func namedWay(for question: WayQuestion) async throws -> Way {
        switch question.mode {
        case .vip, .dnsrr: return .name(question.alias, question.mode)
        case .tasks: return .name("tasks.\(question.alias)", .tasks)
        case .address, .gateway, .hostPort:
            throw SpawnError(
                .invalidRequest,
                "connect is '\(question.mode.rawValue)', which leads to an address, and with the hub's internal_ssl a "
                    + "server's certificate is for its name; set 'connect' in the template to 'auto', 'dnsrr' or 'tasks', "
                    + "with the hub, its proxy and the daemon on an overlay network of 'networks'")
        case .auto:
            let needed = "with the hub's internal_ssl servers are reached by their name on an overlay network"
            guard let network = try await overlay(of: question) else {
                throw SpawnError(.invalidRequest, "\(needed), and the template names none in 'networks'")
            }
            guard network.hasMember(OwnAddresses.all()) else {
                throw SpawnError(
                    .backendFailed,
                    "\(needed), and the daemon is not on '\(network.name)'; attach the hub, its proxy and the daemon to "
                        + "it, or set 'connect' in the template to 'dnsrr' or 'tasks' where only the daemon is elsewhere"
                )
            }
            return .name("tasks.\(question.alias)", .tasks)
        }
    }
}

import MultipleSpawner

extension SwarmCluster {
    /// Chooses how a service will be reached. `auto` takes what needs the least of the network.
    ///
    /// - Throws: `invalid_request` where the way that is asked for cannot work with these networks.
    func way(for question: WayQuestion) async throws -> Way {
        if question.hasCertificate { return try await namedWay(for: question) }
        switch question.mode {
        case .address:
            guard let network = try await overlay(of: question) else {
                throw SpawnError(
                    .invalidRequest, "connect is 'address', and the template names no overlay network in 'networks'")
            }
            guard network.hasMember(OwnAddresses.all()) else {
                throw SpawnError(
                    .backendFailed,
                    "connect is 'address', and the daemon is not on the network '\(network.name)': whoever answers at an "
                        + "address of it from here is a stranger; attach the daemon to it, or set 'connect' to 'auto'")
            }
            return .address(network: network.id)
        case .gateway: return .gateway
        case .vip, .dnsrr: return .name(question.alias, question.mode)
        case .tasks: return .name("tasks.\(question.alias)", .tasks)
        case .hostPort: return .nodePort(target: question.port)
        case .auto: return try await automatic(question)
        }
    }

    private func automatic(_ question: WayQuestion) async throws -> Way {
        if question.published == .host { return .nodePort(target: question.port) }
        if question.networks.contains("host") { return .node }
        let own = OwnAddresses.all()
        if let network = try await overlay(of: question), network.hasMember(own) {
            // A container that is started again has another address, and the same name.
            return question.restarts ? .name("tasks.\(question.alias)", .tasks) : .address(network: network.id)
        }
        if try await otherNodes(own)?.isEmpty == true { return .gateway }
        return .nodePort(target: question.port)
    }

    /// The first network of the service that spans the swarm.
    func overlay(of question: WayQuestion) async throws -> SwarmNetwork? {
        for name in question.networks where name != "host" && name != "bridge" {
            let network = try await network(name)
            if network.isSwarmWide { return network }
        }
        return nil
    }

    /// The names of the nodes on which Docker may start a container out of reach: a container's bridge is reached from its
    /// own machine alone. `nil` where this is not the manager's machine; then all are out of reach.
    func otherNodes(_ own: Set<String> = OwnAddresses.all()) async throws -> [String]? {
        guard try await isBridgeHere(own), let here = try await volumeRemoval.ownNodeID() else { return nil }
        return try await nodes.nodes().values.filter { $0.isActive && $0.id != here }.map(\.name).sorted()
    }

    /// Whether the manager that answers runs on the machine, or in the network namespace, that the daemon is in.
    func isBridgeHere(_ own: Set<String> = OwnAddresses.all()) async throws -> Bool {
        // Every machine's bridge has the same address, so a manager elsewhere must not be asked at all.
        guard host.managers.count == 1, host.managers.allSatisfy(\.isLocal) else { return false }
        for name in Self.bridgeNames {
            do {
                if try await network(name).gateways.contains(where: own.contains) { return true }
            } catch let error as DockerError {
                guard error.isNotFound else { throw error }
            }
        }
        return false
    }

    /// Where a container answers that has been started; `nil` while that is not known yet.
    ///
    /// - Parameters:
    ///   - container: its id, where the machine of the manager tells of it.
    ///   - task: what the swarm says of it, where it has said anything yet.
    func endpoint(
        by way: Way, container: String?, task: SwarmTask?, port: Int, scheme: Endpoint.Scheme
    ) async throws -> Endpoint? {
        switch way {
        case .name(let name, _):
            return Endpoint(scheme: scheme, host: name, port: port)
        case .address(let network):
            guard let attachment = task?.networks.first(where: { $0.network == network }) else { return nil }
            return Endpoint(scheme: scheme, host: attachment.address, port: port)
        case .gateway:
            guard let container = container ?? task?.container else { return nil }
            // A container keeps its address for as long as it runs.
            var address = await bridges.last?[container]
            if address == nil { address = try await bridges.fresh().value[container] }
            guard let address, !address.isEmpty else { return try await elsewhere(task) }
            return Endpoint(scheme: scheme, host: address, port: port)
        case .nodePort(let target):
            guard let task, let node = task.node, let opened = task.ports.first(where: { $0.target == target }) else {
                return nil
            }
            return Endpoint(scheme: scheme, host: try await address(ofNode: node), port: opened.published)
        case .node:
            guard let node = task?.node else { return nil }
            return Endpoint(scheme: scheme, host: try await address(ofNode: node), port: port)
        }
    }

    /// A container that runs on another machine is on no bridge of ours.
    private func elsewhere(_ task: SwarmTask?) async throws -> Endpoint? {
        guard let task, task.state == .running else { return nil }
        // Here, one that has left its bridge already has ended; the swarm tells so in a moment.
        guard try await task.node != volumeRemoval.ownNodeID() else { return nil }
        let names = await nodeNames()
        let name = task.node.flatMap { names[$0] } ?? "another machine"
        throw SpawnError(
            .backendFailed,
            "the container runs on '\(name)', whose bridge the hub cannot reach; set 'connect' in the template to "
                + "'host_port', or to 'address' with the hub on the same overlay network")
    }

    private func address(ofNode id: String) async throws -> String {
        guard let node = try await nodes.nodes(within: .seconds(60))[id] else {
            throw SpawnError(.unavailable, "Docker does not know the node \(id) any more")
        }
        let address = node.address ?? "127.0.0.1"
        guard address.hasPrefix("127.") else { return address }
        guard try await isBridgeHere() else {
            throw SpawnError(
                .backendFailed,
                "Docker says that the node '\(node.name)' is at \(address), which from here is another machine; "
                    + "`docker swarm init --advertise-addr` gives it an address, or set 'connect' in the template")
        }
        return address
    }
}

extension DockerHost.Manager {
    /// Whether it is on the daemon's own machine.
    fileprivate var isLocal: Bool {
        switch self {
        case .socket: true
        case .plain(let host, _), .tls(let host, _): host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }
    }
}

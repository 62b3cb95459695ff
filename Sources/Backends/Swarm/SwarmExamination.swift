import MultipleSpawner

/// What `doctor` says of a template of the swarm.
struct SwarmExamination: Sendable {
    let options: SwarmOptions
    let images: [String]
    let cluster: SwarmCluster
    let credentials: RegistryCredentials

    func findings() async -> [Finding] {
        let info: Info
        do {
            info = try await cluster.docker.get("/info")
        } catch {
            return [Finding(.failed, "swarm: Docker", error.message)]
        }
        var findings = [Finding(.ok, "swarm: Docker", "Docker \(info.version) at \(cluster.host)")]
        findings.append(swarm(info))
        guard info.swarm.isManager else { return findings }
        findings.append(await nodes())
        for network in options.networks { findings.append(await self.network(network.target)) }
        if let volumes = await volumes() { findings.append(volumes) }
        findings += await files("config", options.configs.map(\.name), try? cluster.docker.get("/configs"))
        findings += await files("secret", options.secrets.map(\.name), try? cluster.docker.get("/secrets"))
        findings += credentials.findings
        for image in images { findings.append(await self.image(image)) }
        findings += await ways()
        return findings
    }

    private struct Info: Decodable {
        struct Swarm: Decodable {
            let state: String
            let isManager: Bool

            private enum CodingKeys: String, CodingKey {
                case state = "LocalNodeState"
                case isManager = "ControlAvailable"
            }
        }

        let version: String
        let swarm: Swarm

        private enum CodingKeys: String, CodingKey {
            case version = "ServerVersion"
            case swarm = "Swarm"
        }
    }

    private func swarm(_ info: Info) -> Finding {
        if info.swarm.isManager { return Finding(.ok, "swarm: manager", "it manages a swarm") }
        return Finding(
            .failed, "swarm: manager",
            info.swarm.state == "active"
                ? "it is a worker; name a manager in DOCKER_HOST or 'docker_host'"
                : "it is in no swarm; run `docker swarm init`, or name a manager in DOCKER_HOST or 'docker_host'")
    }

    private func nodes() async -> Finding {
        guard let nodes = try? await cluster.nodes.nodes(within: .zero).values else {
            return Finding(.failed, "swarm: nodes", "the nodes cannot be listed")
        }
        let away = nodes.filter { !$0.isReady }.map(\.name).sorted()
        let text = "\(nodes.count - away.count) of \(nodes.count) nodes are ready"
        return away.isEmpty
            ? Finding(.ok, "swarm: nodes", text)
            : Finding(.warning, "swarm: nodes", "\(text); not \(away.joined(separator: ", "))")
    }

    private func network(_ name: String) async -> Finding {
        let subject = "swarm: network '\(name.excerpt)'"
        do {
            let network = try await cluster.network(name)
            return Finding(.ok, subject, "\(network.driver), \(network.isSwarmWide ? "on every node" : "on one node")")
        } catch let error as DockerError where error.isNotFound {
            return Finding(
                .failed, subject,
                "it does not exist; `docker network create --driver overlay --attachable \(name.excerpt)`")
        } catch {
            return Finding(.failed, subject, "it cannot be looked at: \(error)")
        }
    }

    /// A volume of one machine is empty on the next.
    private func volumes() async -> Finding? {
        let names = options.mounts.filter(\.isOfOneNode).map { "'\($0.source.excerpt)'" }
        let isPinned = options.placement?.isOfOneNode == true
        guard !names.isEmpty, !isPinned, let nodes = try? await cluster.nodes.nodes().values,
            nodes.count(where: \.isActive) > 1
        else { return nil }
        return Finding(
            .warning, "swarm: volumes",
            "\(names.joined(separator: ", ")): a local volume is on the node where the container runs, and a server that "
                + "Docker starts on another finds it empty; pin servers to a node by 'placement', or use storage that all "
                + "nodes see, such as NFS")
    }

    private func files(_ kind: String, _ names: [String], _ known: [SwarmFile]?) -> [Finding] {
        names.map { name in
            let subject = "swarm: \(kind) '\(name.excerpt)'"
            guard let known else { return Finding(.failed, subject, "the \(kind)s cannot be listed") }
            return known.contains { $0.name == name }
                ? Finding(.ok, subject, "it exists")
                : Finding(.failed, subject, "it does not exist; make it with `docker \(kind) create`")
        }
    }

    private func image(_ name: String) async -> Finding {
        let subject = "swarm: image '\(name.excerpt)'"
        do {
            if try await cluster.hasImage(name) { return Finding(.ok, subject, "it is on the manager's machine") }
            let login = credentials.header(forImage: name) == nil ? "without credentials" : "with credentials"
            return Finding(
                .warning, subject, "it is not on the manager's machine; nodes that lack it pull it, \(login)")
        } catch {
            return Finding(.failed, subject, "it cannot be looked at: \(error)")
        }
    }

    // MARK: Ways

    private func ways() async -> [Finding] {
        let subject = "swarm: connect '\(options.connect.rawValue)'"
        let question = WayQuestion(options, alias: "name")
        do {
            let way = try await cluster.way(for: question)
            let text = way.explanation(isHere: try await cluster.isBridgeHere())
            // The node's own network needs what a port of the node needs.
            let mode = way == .node ? .hostPort : way.mode
            let survey = try await cluster.survey(of: question)
            guard let obstacle = survey.first(where: { $0.mode == mode })?.obstacle else {
                return [Finding(.ok, subject, "\(text); \(survey.others(than: mode))")]
            }
            return [Finding(.failed, subject, "\(text); but \(obstacle); \(survey.others(than: mode))")]
        } catch {
            return [Finding(.failed, subject, SpawnError(wrapping: error, "\(error)").message)]
        }
    }
}

extension [WayProspect] {
    /// `also possible here: gateway; not: vip (the kernel has no IPVS), address and tasks (…)`
    fileprivate func others(than mode: ConnectMode) -> String {
        let others = filter { $0.mode != mode }
        let open = others.filter { $0.obstacle == nil }.map(\.mode.rawValue)
        var reasons: [String] = []
        for case let reason? in others.map(\.obstacle) where !reasons.contains(reason) { reasons.append(reason) }
        let closed = reasons.map { reason in
            let modes = others.filter { $0.obstacle == reason }.map(\.mode.rawValue).joined(separator: " and ")
            return "\(modes) (\(reason))"
        }
        return "also possible here: \(open.isEmpty ? "none" : open.joined(separator: ", "))"
            + (closed.isEmpty ? "" : "; not: \(closed.joined(separator: ", "))")
    }
}

extension Way {
    /// What it means, and what it needs.
    fileprivate func explanation(isHere: Bool) -> String {
        switch self {
        case .address: "servers are reached at their address on the overlay network, which the hub has to be on"
        case .gateway:
            "servers are reached at their address on the bridge of this machine, as the swarm has one node"
                + (isHere ? "" : "; but this machine is not that node")
        case .name: "servers are reached by a DNS name on their network, which the hub has to be on"
        case .nodePort: "servers are reached at a port of their node, as the hub is on none of their networks"
        case .node: "servers are on their node's own network and reached at its address"
        }
    }
}

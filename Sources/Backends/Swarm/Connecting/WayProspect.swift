import Glibc

/// Whether a way leads to servers from here, as far as that can be seen before there is one.
struct WayProspect: Sendable {
    let mode: ConnectMode
    /// Why it does not; `nil` where it does.
    let obstacle: String?
}

extension SwarmCluster {
    /// What becomes of each way.
    func survey(of question: WayQuestion) async throws -> [WayProspect] {
        var prospects: [WayProspect] = []
        for mode in ConnectMode.allCases where mode != .auto {
            prospects.append(WayProspect(mode: mode, obstacle: try await obstacle(to: mode, question)))
        }
        return prospects
    }

    private func obstacle(to mode: ConnectMode, _ question: WayQuestion) async throws -> String? {
        switch mode {
        case .auto: return nil
        case .address, .dnsrr, .tasks: return try await distance(from: question)
        case .vip:
            // Where the kernel has IPVS, Docker has loaded it by the time a swarm is active.
            let hasVirtual = access("/proc/net/ip_vs", F_OK) == 0
            return hasVirtual ? try await distance(from: question) : "the kernel of this machine has no IPVS"
        case .gateway:
            guard let others = try await otherNodes() else { return "the manager runs on another machine" }
            return others.isEmpty
                ? nil
                : "only this machine's bridge is in reach, and Docker may choose \(others.joined(separator: ", "))"
        case .hostPort:
            if try await isBridgeHere() { return nil }
            let hidden = try await nodes.nodes().values.filter { $0.address?.hasPrefix("127.") ?? true }.map(\.name)
            return hidden.isEmpty
                ? nil
                : "no address leads to \(hidden.sorted().joined(separator: ", ")) from here; give it one with "
                    + "`docker swarm init --advertise-addr`"
        }
    }

    /// Why the daemon is not where servers are known by address and name.
    private func distance(from question: WayQuestion) async throws -> String? {
        guard let network = try await overlay(of: question) else { return "the template names no overlay network" }
        return network.hasMember(OwnAddresses.all()) ? nil : "the daemon is not on the network '\(network.name)'"
    }
}

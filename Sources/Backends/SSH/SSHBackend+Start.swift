import Logging
public import MultipleSpawner

extension SSHBackend {
    /// Starts on the first of the machines that can serve. Returns when the server's process runs.
    ///
    /// A port that somebody took meanwhile shows in `isAnswering`, which then throws `.unavailable`: the whole start is
    /// to be done again, and takes another port.
    public func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        let options = try SSHOptions(plan.options)
        let start = SSHStart(
            plan: plan, options: options, checkpoint: checkpoint, backend: self)
        let candidates = await ordered(try options.candidates(), options, for: plan.identity)
        var reasons: [(host: String, error: SpawnError)] = []
        for host in candidates {
            try Task.checkCancellation()
            do {
                return try await start.run(on: host)
            } catch let stranded as Stranded {
                throw stranded.error
            } catch let error as SpawnError where error.mayBeOfMachine && !Task.isCancelled {
                reasons.append((host.text, error))
                log.notice(
                    "a machine cannot serve",
                    metadata: ["session": "\(plan.id.rawValue)", "host": "\(host.text)", "reason": "\(error)"])
                guard host != candidates.last else { break }
                await checkpoint.report(
                    "'\(host.text.excerpt)' cannot serve (\(error.message)); trying the next machine")
            }
        }
        try Task.checkCancellation()
        guard let last = reasons.last else { throw SpawnError(.internal, "a start was attempted on no machine") }
        if reasons.count == 1 { throw last.error }
        let code = reasons.contains { $0.error.code == .overCapacity } ? SpawnError.Code.overCapacity : last.error.code
        throw SpawnError(
            code, "none of \(reasons.count) machines can serve; the last said: \(last.error.message)",
            details: reasons.map { "\($0.host.excerpt): \($0.error.message)" })
    }

    /// The machines in the order in which they are tried.
    func ordered(
        _ hosts: [SSHHost], _ options: SSHOptions, for identity: SessionIdentity
    ) async -> [SSHHost] {
        guard hosts.count > 1 else { return hosts }
        switch options.choice {
        case .random, .form: return hosts.shuffled()
        case .roundRobin:
            let first = places.turn(among: hosts.map(\.text)) % hosts.count
            return Array(hosts[first...] + hosts[..<first])
        case .sticky: return HostRanking.sticky(hosts, for: identity)
        case .leastLoaded: return await leastLoaded(hosts, options, for: identity)
        }
    }

    /// Each machine tells its load for its cores; one that does not within a few seconds is the last resort.
    private func leastLoaded(
        _ hosts: [SSHHost], _ options: SSHOptions, for identity: SessionIdentity
    ) async -> [SSHHost] {
        await withTaskGroup(of: (SSHHost, Double?).self) { group in
            for host in hosts.shuffled() {
                group.addTask {
                    (host, await within(.seconds(4)) { await load(of: host, options, for: identity) } ?? nil)
                }
            }
            var loads: [(SSHHost, Double?)] = []
            for await load in group { loads.append(load) }
            return HostRanking.leastLoaded(loads)
        }
    }

    private func load(of host: SSHHost, _ options: SSHOptions, for identity: SessionIdentity) async -> Double? {
        var text = ShellText()
        text.add("main() { say load $(cut -d ' ' -f 1 /proc/loadavg) $(getconf _NPROCESSORS_ONLN); }")
        guard let place = try? options.place(on: host, for: identity, account),
            let words = try? await machines.run(text, at: place, limit: .seconds(4))["load"], words.count == 2,
            let load = Double(words[0]), let cores = Double(words[1]), cores >= 1
        else { return nil }
        return load / cores
    }
}

extension SpawnError {
    /// Whether another machine may do what this one did not.
    var mayBeOfMachine: Bool {
        switch code {
        case .unavailable, .timedOut, .overCapacity, .backendFailed, .unauthorized, .forbidden, .unsupported: true
        case .invalidRequest, .notFound, .conflict, .internal: false
        }
    }
}

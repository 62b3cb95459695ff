import Logging

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Machines {
    /// Reads the journal: which machines there are, or may be.
    ///
    /// - Parameter live: the sessions that there are.
    func restore(for live: Set<SessionID>) throws {
        for entry in try journal.replayMachines() {
            switch entry {
            case .machine(let record): records[record.token] = record
            case .gone(let token): records[token] = nil
            case .prepared(let machine): prepared[machine.address] = machine.digests.isEmpty ? nil : machine
            case .drained(let host, true): drained.insert(host)
            case .drained(let host, false): drained.remove(host)
            }
        }
        // A daemon may have been killed between a machine's entry and a session's.
        for (token, record) in records where !record.sessions.isSubset(of: live) {
            records[token]?.sessions.formIntersection(live)
            if records[token]?.sessions.isEmpty == true { records[token]?.idleSince = record.idleSince ?? Date() }
        }
    }

    /// Does what is due: ends machines that nobody ever used, that were being ended, and that were idle for too long.
    public func tidy(at now: Date = Date()) async {
        for record in records.values where record.sessions.isEmpty && !busy.contains(record.token) {
            guard let manner = due(record, at: now), !isResting(record.token, at: now) else { continue }
            busy.insert(record.token)
            do {
                log.info(
                    "a machine is not needed any more",
                    metadata: [
                        "machine": "\(record.label)", "provider": "\(record.provider)", "end": "\(manner.rawValue)",
                    ])
                try await end(record.token, manner, at: now)
                failures[record.token] = nil
            } catch {
                failures[record.token] = now
                log.error(
                    "a machine cannot be given back yet; trying again in a minute",
                    metadata: ["machine": "\(record.label)", "error": "\(error)"])
            }
            busy.remove(record.token)
        }
    }

    private func due(_ record: MachineRecord, at now: Date) -> MachineEnd? {
        if case .ending(let manner) = record.state { return manner }
        guard record.isSettled else { return .destroy }
        guard let idle = record.idleSince, let minutes = record.policy.idleMinutes,
            now.timeIntervalSince(idle) >= Double(minutes) * 60
        else { return nil }
        let isDone = record.policy.whenIdle == .keep || record.policy.whenIdle == .stop && record.state == .off
        return isDone ? nil : record.policy.whenIdle
    }

    private func isResting(_ token: MachineToken, at now: Date) -> Bool {
        failures[token].map { now.timeIntervalSince($0) < 60 } ?? false
    }

    // MARK: What there is

    public func all() -> [MachineRecord] {
        records.values.sorted { ($0.provider, $0.created) < ($1.provider, $1.created) }
    }

    /// Takes a host of a pool out of use for new sessions, or back into it.
    ///
    /// - Throws: `not_found` for a provider or a host that is not there, `unsupported` where there is no pool.
    public func drain(_ host: String, of name: String, _ isDrained: Bool) async throws {
        guard providers[name] != nil else {
            throw SpawnError(
                .notFound,
                "there is no provider '\(name.excerpt)' with hosts"
                    + NearestName.proposal(for: name, among: providers.keys.sorted()))
        }
        try await provider(name).drain(host, isDrained)
        let entry = DrainedHost(provider: name, host: host)
        try journal.append(.drained(entry, isDrained))
        if isDrained { drained.insert(entry) } else { drained.remove(entry) }
    }

    /// The hosts of a pool.
    public func hosts(of name: String) async -> [HostStatus] {
        guard case .success(let provider)? = providers[name]?.provider else { return [] }
        return await provider.hosts()
    }

    /// What a provider could give now; unknown where it is none of those that can say.
    public func availability(of name: String) async -> Availability {
        guard let made = providers[name] else { return .unknown }
        switch made.provider {
        case .success(let provider): return await provider.availability()
        case .failure(let error): return Availability(problem: error.message)
        }
    }

    /// What carries our name at the providers and is in no journal entry: a machine that costs money for nobody.
    ///
    /// - Returns: with each the name of its provider; and providers that could not be asked, with the reason.
    public func strays() async -> (left: [(provider: String, machine: OwnedMachine)], unreachable: [String]) {
        var left: [(String, OwnedMachine)] = []
        var unreachable: [String] = []
        for (name, made) in providers.sorted(by: { $0.key < $1.key }) {
            do {
                // Read before the records: one that is just being made has its record first.
                let owned = try await made.provider.get().census()
                left += owned.filter { $0.token.map { records[$0] == nil } ?? true }.map { (name, $0) }
            } catch {
                let reason = SpawnError(wrapping: error, as: .unavailable, "cannot be asked").message
                unreachable.append("\(name): \(reason)")
            }
        }
        return (left, unreachable)
    }

    /// Gives back what `strays` found.
    public func remove(_ stray: OwnedMachine, of name: String) async throws {
        try await provider(name).release(stray.lease, .destroy)
    }
}

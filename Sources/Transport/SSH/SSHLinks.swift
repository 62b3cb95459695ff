import MultipleSpawner

/// The connections to all machines: one for each target, shared by all who need it, made by one who asks while the
/// others wait, and more of them where commands would have to wait for one another.
///
/// libssh2 makes them; where it cannot (a cipher, a certificate), `other` may, and is asked at once from then on.
///
/// After a failure nobody tries again for a second, then for two, and so on up to five, or half a minute where we were
/// refused: who asks meanwhile is told the last reason at once.
public actor SSHLinks {
    private struct Place {
        var links: [any SSHLink] = []
        var waiting: [Answer<any SSHLink>] = []
        var isMaking = false
        var failures = 0
        var lastFailure: (error: SpawnError, until: ContinuousClock.Instant)?
        /// Whether libssh2 has been found not to do.
        var needsOther = false
        var isTold = false
    }

    private let library: LibSSH2
    private let limits: SSHLimits
    private let other: (@Sendable (SSHTarget) async throws -> any SSHLink)?
    private let report: @Sendable (String) -> Void
    private var places: [SSHTarget: Place] = [:]
    private var isClosed = false
    /// Logins at once, by machine: sshd drops some where there are more than ten (`MaxStartups`).
    private var logins: [String: (underWay: Int, waiting: [CheckedContinuation<Void, Never>])] = [:]
    private static let loginsAtOnce = 8

    /// - Parameters:
    ///   - other: makes a connection where libssh2 cannot.
    ///   - report: is told which transport serves a machine, once for each, and why it was chosen.
    public init(
        limits: SSHLimits = SSHLimits(),
        other: (@Sendable (SSHTarget) async throws -> any SSHLink)? = nil,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.limits = limits
        self.other = other
        self.report = report
        library = LibSSH2(limits: limits)
    }

    /// A connection to the machine that has room for a command, or the least busy one. Ask anew for each piece of work.
    ///
    /// - Throws: the reason why there is none, as a `SpawnError`; `CancellationError`.
    public func link(to target: SSHTarget) async throws -> any SSHLink {
        try Task.checkCancellation()
        guard !isClosed else { throw Self.shutDown }
        var place = places[target] ?? Place()
        place.links.removeAll { ($0 as? any LoadedLink)?.isOpen == false }
        places[target] = place
        if let free = place.links.first(where: { ($0 as? any LoadedLink)?.isCrowded != true }) { return free }
        let isResting = place.lastFailure.map { ContinuousClock.now < $0.until } ?? false
        let mayMake = !place.isMaking && !isResting && place.links.count < limits.connections
        if mayMake { make(target) }
        // All are busy: the one with the least to do, while another is made.
        let busy = place.links.min {
            (($0 as? any LoadedLink)?.commands ?? 0) < (($1 as? any LoadedLink)?.commands ?? 0)
        }
        if let busy { return busy }
        if let failure = place.lastFailure, isResting { throw failure.error }
        let answer = Answer<any SSHLink>()
        places[target]?.waiting.append(answer)
        return try await answer.value()
    }

    /// Ends all connections and the threads. To be called before the process exits.
    public func close() async {
        isClosed = true
        for place in places.values {
            for answer in place.waiting { answer.fail(Self.shutDown) }
            for link in place.links { await link.close() }
        }
        places = [:]
        let library = library
        await FileWork.run { library.shutDown() }
    }

    /// Serves a socket of ours that accepts, on the thread of the connections.
    nonisolated func open(_ descriptor: Int32, accept: @escaping @Sendable (Int32) -> Void) -> UInt64 {
        library.start()
        let door = Door(number: library.inbox.number(), descriptor: descriptor, accept: accept)
        let command = SSHInbox.Command.open(door)
        if !library.inbox.post(command) { command.refuse(Self.shutDown) }
        return door.number
    }

    nonisolated func shut(_ door: UInt64) async {
        let answer = Answer<Void>()
        guard library.inbox.post(.shut(door, answer)) else { return }
        try? await answer.value()
    }

    // MARK: Making

    private func make(_ target: SSHTarget) {
        places[target, default: Place()].isMaking = true
        Task {
            do {
                let link = try await connect(target)
                await made(link, target)
            } catch {
                failed(SpawnError(wrapping: error, as: .unavailable, "cannot reach \(target)"), target)
            }
        }
    }

    private func connect(_ target: SSHTarget) async throws -> any SSHLink {
        if places[target]?.needsOther == true, let other { return try await other(target) }
        var way: (any SSHLink)?
        if let last = target.jumps.last {
            var jump = last
            jump.jumps = Array(target.jumps.dropLast())
            way = try await link(to: jump)
        }
        await enter(target.hostAndPort)
        defer { leave(target.hostAndPort) }
        do {
            return try await library.connect(target, over: way)
        } catch let lacking as SSHLogin.Lacking {
            guard let other else { throw lacking.error }
            report("\(target): OpenSSH is used, for \(lacking.error.message)")
            places[target]?.needsOther = true
            places[target]?.isTold = true
            return try await other(target)
        }
    }

    private func made(_ link: any SSHLink, _ target: SSHTarget) async {
        guard !isClosed, var place = places[target] else { return await link.close() }
        if !place.isTold { report("\(target): connected by \(type(of: link).transport)") }
        let waiting = place.waiting
        place.isTold = true
        place.isMaking = false
        place.failures = 0
        place.lastFailure = nil
        place.waiting = []
        place.links.append(link)
        places[target] = place
        for answer in waiting { answer.settle(.success(link)) }
        Task { [weak self] in
            let reason = await link.ended()
            await self?.lost(link, target, reason)
        }
    }

    private func failed(_ error: SpawnError, _ target: SSHTarget) {
        guard var place = places[target] else { return }
        let waiting = place.waiting
        let pause = Duration.seconds(1 << min(place.failures, 5))
        place.isMaking = false
        place.failures += 1
        place.lastFailure = (error, .now + min(pause, Self.longestPause(after: error)))
        place.waiting = []
        places[target] = place
        for answer in waiting { answer.fail(error) }
    }

    /// One that does not answer may be back at any moment, and its users wait; one that refuses us may lock out who asks
    /// too often.
    private static func longestPause(after error: SpawnError) -> Duration {
        [.unavailable, .timedOut].contains(error.code) ? .seconds(5) : .seconds(30)
    }

    private func lost(_ link: any SSHLink, _ target: SSHTarget, _ reason: SpawnError) {
        places[target]?.links.removeAll { $0 as AnyObject === link as AnyObject }
        guard let place = places[target], place.links.isEmpty, !place.isMaking, place.failures == 0 else { return }
        // What was learnt of it is kept; the rest is made anew.
        if !place.needsOther { places[target] = nil }
    }

    private func enter(_ machine: String) async {
        var state = logins[machine] ?? (0, [])
        guard state.underWay >= Self.loginsAtOnce else {
            state.underWay += 1
            logins[machine] = state
            return
        }
        await withCheckedContinuation { continuation in
            logins[machine]?.waiting.append(continuation)
        }
    }

    private func leave(_ machine: String) {
        guard var state = logins[machine] else { return }
        if state.waiting.isEmpty {
            state.underWay -= 1
            logins[machine] = state.underWay == 0 ? nil : state
        } else {
            // The place is handed on.
            let next = state.waiting.removeFirst()
            logins[machine] = state
            next.resume()
        }
    }

    private static let shutDown = SpawnError(.unavailable, "the SSH connections were shut down")
}

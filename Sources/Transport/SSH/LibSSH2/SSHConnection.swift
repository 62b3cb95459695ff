import CLibSSH2
import Glibc
import MultipleSpawner

/// One connection with all that goes over it, on the thread of the loop.
final class SSHConnection {
    let session: SSHSession
    let state: LinkState
    let place: String
    let limits: SSHLimits
    /// A buffer that all share, for the time of one call.
    let scratch: UnsafeMutableRawBufferPointer

    /// Whether there is a reason for the next step.
    var needsStep = true
    private(set) var hasEnded = false
    private(set) var channels: [any SSHChannel] = []
    /// One after the other; the first is under way.
    private var setups: [any SSHSetup] = []
    private var setupBegan: ContinuousClock.Instant?
    /// Commands for which no session of the server is free.
    private var waiting: [CommandOrder] = []
    /// Closed by us, and not yet by the other side.
    private var closing: [OpaquePointer] = []
    private(set) var commands = 0
    private var mostCommands: Int
    private var mostWasLowered: ContinuousClock.Instant?
    private var lastCommandEnded: ContinuousClock.Instant?
    /// No command is begun before.
    private var commandsRestUntil: ContinuousClock.Instant?
    /// Since when there are bytes that nobody reads.
    private var unreadSince: ContinuousClock.Instant?
    /// When a sign of life was asked for that is no set-up.
    private var signAsked: ContinuousClock.Instant?
    private var start = 0
    /// No time is over before this.
    private var nextDeadline: ContinuousClock.Instant?
    private var loss: LibSSH2Failure?
    private let began = ContinuousClock.now

    init(
        _ session: SSHSession, _ state: LinkState, place: String, limits: SSHLimits,
        scratch: UnsafeMutableRawBufferPointer
    ) {
        self.session = session
        self.state = state
        self.place = place
        self.limits = limits
        self.scratch = scratch
        mostCommands = max(1, limits.commands)
        session.wire.noteReadable()
    }

    var descriptor: Int32 { session.wire.descriptor }
    var events: Int32 { (unreadSince == nil ? POLLIN : 0) | (session.wire.backlog > 0 ? POLLOUT : 0) }

    func note(_ events: Int32) {
        if events & ~POLLOUT != 0 { session.wire.noteReadable() }
        if events & (POLLHUP | POLLERR) != 0 { unreadSince = unreadSince.map { min($0, .now - .seconds(1)) } }
        needsStep = true
    }

    // MARK: Orders

    func run(_ order: CommandOrder) {
        guard !order.isForgotten else { return }
        waiting.append(order)
        notice(order.deadline)
        needsStep = true
    }

    func carry(_ order: CarryOrder) {
        add(CarrySetup(order))
    }

    func listen(_ order: ListenOrder) {
        guard !state.load.isWorn else {
            order.answer.fail(
                SpawnError(.unavailable, "the connection to \(place) takes no new listeners; ask for another"))
            return
        }
        add(ListenSetup(order))
    }

    func add(_ setup: any SSHSetup) {
        setups.append(setup)
        notice(setup.deadline)
        needsStep = true
    }

    func add(_ channel: any SSHChannel) {
        channels.append(channel)
        notice(channel.deadline)
        needsStep = true
    }

    func cancel(_ number: UInt64) {
        giveUp(number, CancellationError())
    }

    func resume(_ number: UInt64) {
        for case let command as CommandChannel in channels where command.number == number { command.resume() }
        needsStep = true
    }

    /// Lets go of what has this number, whatever its state.
    private func giveUp(_ number: UInt64, _ reason: any Error) {
        needsStep = true
        waiting.removeAll { order in
            guard order.number == number else { return false }
            order.fail(reason)
            return true
        }
        for (index, setup) in setups.enumerated().reversed() where setup.number == number {
            setup.giveUp(reason)
            // What is under way cannot be taken out: its answer would be taken for that of the next.
            guard index > 0 || setupBegan == nil else { continue }
            setups.remove(at: index)
            if setup is CommandSetup { commandEnded() }
        }
        let ended = channels.filter { $0.number == number }
        channels.removeAll { $0.number == number }
        for channel in ended { channel.end(self, reason) }
    }

    // MARK: Steps

    /// Does all that can be done without waiting.
    func step() {
        needsStep = false
        session.wire.beginTurn()
        session.wire.flush()
        pump()
        closing.removeAll { libssh2_channel_free($0) != LIBSSH2_ERROR_EAGAIN }
        advanceSetups()
        advanceChannels()
        readIfNobodyDoes()
        let wasFull = session.wire.isFull
        session.wire.flush()
        // Who was held back would not be told of the room else.
        if wasFull, !session.wire.isFull { needsStep = true }
        if session.wire.mayHaveMore, unreadSince == nil { needsStep = true }
        noteLoad()
        if loss != nil || session.wire.ending != nil { end(lossReason) }
    }

    /// Lets libssh2 sort what came to the channels that it is for. Waiting for an end is its only call that reads and
    /// does nothing else.
    private func pump() {
        for channel in channels {
            guard let pointer = (channel as? any PumpedChannel)?.pointer, libssh2_channel_eof(pointer) == 0 else {
                continue
            }
            let code = libssh2_channel_wait_eof(pointer)
            if code == LIBSSH2_ERROR_EAGAIN { return }
            if code != 0 { return check(code) }
        }
    }

    /// Only what waits for something reads, and a server asks now and then whether we are there. It can wait a little: most
    /// often somebody wants something by then.
    private func readIfNobodyDoes() {
        let isUnread = session.wire.mayHaveMore && !session.wire.hasRead && session.wire.ending == nil
        guard isUnread, setups.isEmpty else {
            unreadSince = nil
            return
        }
        let since = unreadSince ?? .now
        unreadSince = since
        guard since + .seconds(1) <= .now else { return }
        unreadSince = nil
        add(Probe())
        advanceSetups()
    }

    private func advanceSetups() {
        beginCommands()
        while let setup = setups.first {
            if setupBegan == nil { setupBegan = .now }
            guard setup.advance(self) else { return }
            setups.removeFirst()
            setupBegan = nil
            signAsked = nil
            beginCommands()
            if loss != nil { return }
        }
    }

    private func beginCommands() {
        guard commandsRestUntil == nil else { return }
        while commands < mostCommands, !waiting.isEmpty {
            let order = waiting.removeFirst()
            guard !order.isForgotten else { continue }
            commands += 1
            setups.append(CommandSetup(order))
        }
    }

    private func advanceChannels() {
        guard !channels.isEmpty else { return }
        // Another begins each time: who fills the wire must not be the same always.
        start = (start + 1) % channels.count
        let all = channels[start...] + channels[..<start]
        var ended: Set<ObjectIdentifier> = []
        for channel in all {
            if channel.advance(self) { ended.insert(ObjectIdentifier(channel)) }
            if loss != nil { break }
        }
        if !ended.isEmpty { channels.removeAll { ended.contains(ObjectIdentifier($0)) } }
    }

    /// Notes a failure that ends the connection.
    func check(_ code: Int32) {
        guard code < 0, code != LIBSSH2_ERROR_EAGAIN else { return }
        // Some of libssh2's calls return a code and do not note it as their last.
        let last = session.failure
        let failure = last.code == code ? last : LibSSH2Failure(code: code, words: "", ending: last.ending)
        if failure.isLoss { loss = loss ?? failure }
    }

    /// Closes a channel and forgets it.
    func release(_ channel: OpaquePointer, isCommand: Bool = false) {
        if isCommand {
            commandEnded()
            lastCommandEnded = .now
        }
        _ = state.touch()
        if libssh2_channel_free(channel) == LIBSSH2_ERROR_EAGAIN { closing.append(channel) }
        needsStep = true
    }

    func commandEnded() {
        commands -= 1
        needsStep = true
    }

    /// The server has no session for a command: it waits for another to end.
    ///
    /// - Returns: `false` where there is none to wait for.
    func postpone(_ order: CommandOrder) -> Bool {
        commandEnded()
        if commands > 0 {
            mostCommands = commands
            mostWasLowered = .now
        } else if let lastCommandEnded, lastCommandEnded + .seconds(2) > .now {
            // The server has not cleared up after the last one yet.
            commandsRestUntil = .now + .milliseconds(100)
        } else {
            state.note { $0.isWorn = true }
            return false
        }
        waiting.insert(order, at: 0)
        return true
    }

    private func noteLoad() {
        let isStuck = setupBegan.map { $0 + .seconds(2) < .now } ?? false
        if isStuck || !channels.isEmpty || !setups.isEmpty || !waiting.isEmpty { _ = state.touch() }
        state.note { load in
            load.commands = commands + waiting.count
            load.most = mostCommands
            load.isStuck = isStuck
        }
    }

    // MARK: Time

    /// What time alone brings about.
    func keepTime(_ now: ContinuousClock.Instant) {
        guard !hasEnded else { return }
        endOverdue(now)
        if setupBegan != nil { noteLoad() }
        if let since = unreadSince, since + .seconds(1) <= now { needsStep = true }
        if let rest = commandsRestUntil, rest <= now {
            commandsRestUntil = nil
            needsStep = true
        }
        if let lowered = mostWasLowered, lowered + .seconds(60) <= now {
            mostCommands = max(1, limits.commands)
            mostWasLowered = nil
            needsStep = true
        }
        keepAlive(now)
        if channels.isEmpty, setups.isEmpty, waiting.isEmpty, closing.isEmpty,
            state.end(
                SpawnError(.unavailable, "the connection to \(place) was not used any more"),
                unlessUsedWithin: limits.idle)
        {
            end(SpawnError(.unavailable, "the connection to \(place) was not used any more"))
        }
    }

    private func notice(_ deadline: ContinuousClock.Instant?) {
        guard let deadline else { return }
        nextDeadline = min(deadline, nextDeadline ?? deadline)
    }

    private func endOverdue(_ now: ContinuousClock.Instant) {
        guard let next = nextDeadline, next <= now else { return }
        let deadlines =
            waiting.map { ($0.number, $0.deadline) }
            + setups.compactMap { setup in setup.deadline.map { (setup.number, $0) } }
            + channels.compactMap { channel in channel.deadline.map { (channel.number, $0) } }
        for (number, deadline) in deadlines where deadline <= now {
            giveUp(number, SpawnError(.timedOut, "\(place) did not answer in time"))
        }
        nextDeadline = deadlines.map(\.1).filter { $0 > now }.min()
    }

    /// A question that brings no byte back within half of the silence that is borne ends the connection; where nothing was
    /// asked for as long, something is.
    private func keepAlive(_ now: ContinuousClock.Instant) {
        let half = limits.silence / 2
        let heard = session.wire.lastHeard
        if let asked = signAsked, heard < asked {
            if asked + half <= now { end(silent) }
        } else if let began = setupBegan {
            guard max(began, heard) + half <= now else { return }
            guard setups.first?.mayTakeLong == true else { return end(silent) }
            // Its answers are of no use to libssh2, which keeps them: a later listener would take them for its own.
            state.note { $0.isWorn = true }
            libssh2_keepalive_config(session.pointer, 1, 1)
            var next: Int32 = 0
            check(libssh2_keepalive_send(session.pointer, &next))
            signAsked = now
            needsStep = true
        } else if heard + half <= now {
            add(Probe())
        }
    }

    private var silent: SpawnError {
        SpawnError(.unavailable, "\(place) has not answered for \(limits.silence); the connection is taken for lost")
    }

    /// When time may bring something about next.
    var nextTime: ContinuousClock.Instant? {
        let half = limits.silence / 2
        var times = [nextDeadline, commandsRestUntil, unreadSince.map { $0 + .seconds(1) }].compactMap(\.self)
        times.append(max(session.wire.lastHeard, setupBegan ?? began, signAsked ?? began) + half)
        if let mostWasLowered { times.append(mostWasLowered + .seconds(60)) }
        if setupBegan != nil { times.append(.now + .seconds(2)) }
        times.append(.now + min(limits.idle, .seconds(10)))
        return times.min()
    }

    // MARK: The end

    private var lossReason: SpawnError {
        let failure = loss ?? session.failure
        return SpawnError(.unavailable, "the connection to \(place) was lost: \(failure)", cause: failure)
    }

    /// Ends everything, tells everybody.
    func end(_ reason: SpawnError) {
        guard !hasEnded else { return }
        hasEnded = true
        state.end(reason)
        if session.wire.ending == nil { session.disconnect() }
        session.wire.cut()
        for order in waiting { order.fail(reason) }
        waiting = []
        for setup in setups { setup.giveUp(reason) }
        setups = []
        for channel in channels { channel.end(self, reason) }
        channels = []
        closing = []
    }
}

/// A channel by which what came can be read.
protocol PumpedChannel: SSHChannel {
    var pointer: OpaquePointer { get }
}

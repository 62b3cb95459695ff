import CLibSSH2
import Glibc
import MultipleSpawner

/// Serves all connections. It lives on one thread from beginning to end, and nothing of it is seen by another.
final class SSHLoop {
    private let inbox: SSHInbox
    private let limits: SSHLimits
    private var connections: [UInt64: SSHConnection] = [:]
    private var doors: [UInt64: Door] = [:]
    private var looks: [pollfd] = []
    private var owners: [Owner] = []
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    /// Doors are left alone until then: the system had no descriptor for what comes.
    private var doorsRestUntil: ContinuousClock.Instant?

    /// Whom a look at a descriptor is for.
    private enum Owner {
        case bell
        case connection(SSHConnection)
        case channel(SSHConnection, any SSHChannel)
        case door(Door)
    }

    /// Works until the inbox is closed, then ends what is under way.
    static func run(_ inbox: SSHInbox, limits: SSHLimits) {
        let loop = SSHLoop(inbox, limits)
        while let commands = inbox.take() {
            for command in commands { loop.obey(command) }
            loop.turn()
        }
        loop.end()
    }

    private init(_ inbox: SSHInbox, _ limits: SSHLimits) {
        self.inbox = inbox
        self.limits = limits
    }

    deinit {
        scratch.deallocate()
    }

    private func obey(_ command: SSHInbox.Command) {
        switch command {
        case .adopt(let number, let session, let state, let place):
            connections[number] = SSHConnection(session, state, place: place, limits: limits, scratch: scratch)
        case .run(let link, let order):
            guard let connection = connections[link] else { return command.refuse(SSHLoop.gone) }
            connection.run(order)
        case .carry(let link, let order):
            guard let connection = connections[link] else { return command.refuse(SSHLoop.gone) }
            connection.carry(order)
        case .listen(let link, let order):
            guard let connection = connections[link] else { return command.refuse(SSHLoop.gone) }
            connection.listen(order)
        case .cancel(let link, let number):
            connections[link]?.cancel(number)
        case .resume(let link, let number):
            connections[link]?.resume(number)
        case .close(let link, let answer):
            if let connection = connections.removeValue(forKey: link) {
                connection.end(SpawnError(.unavailable, "the connection to \(connection.place) was closed by us"))
            }
            answer.settle(.success(()))
        case .open(let door):
            doors[door.number] = door
        case .shut(let number, let answer):
            if let door = doors.removeValue(forKey: number) { close(door.descriptor) }
            answer.settle(.success(()))
        }
    }

    /// One step of every connection that has a reason, and the wait for the next reason.
    private func turn() {
        var deadline: ContinuousClock.Instant?
        let now = ContinuousClock.now
        for (number, connection) in connections {
            connection.keepTime(now)
            if connection.needsStep { connection.step() }
            if connection.hasEnded {
                connections[number] = nil
                continue
            }
            if let next = connection.nextTime { deadline = deadline.map { min($0, next) } ?? next }
            if connection.needsStep { deadline = now }
        }
        if let rest = doorsRestUntil {
            if rest <= now { doorsRestUntil = nil } else { deadline = deadline.map { min($0, rest) } ?? rest }
        }
        look()
        let wait = deadline.map { ContinuousClock.now.duration(to: $0).milliseconds + 1 } ?? 60_000
        let timeout = deadline == now ? 0 : Int32(clamping: max(0, min(wait, 60_000)))
        guard poll(&looks, nfds_t(looks.count), timeout) > 0 else { return }
        for (look, owner) in zip(looks, owners) where look.revents != 0 { tell(owner, Int32(look.revents)) }
    }

    /// What there is to wait for.
    private func look() {
        looks.removeAll(keepingCapacity: true)
        owners.removeAll(keepingCapacity: true)
        add(inbox.bell.descriptor, POLLIN, .bell)
        for connection in connections.values {
            add(connection.descriptor, connection.events, .connection(connection))
            for channel in connection.channels {
                guard let interest = channel.interest else { continue }
                add(interest.descriptor, interest.events, .channel(connection, channel))
            }
        }
        guard doorsRestUntil == nil else { return }
        for door in doors.values { add(door.descriptor, POLLIN, .door(door)) }
    }

    private func add(_ descriptor: Int32, _ events: Int32, _ owner: Owner) {
        looks.append(pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0))
        owners.append(owner)
    }

    private func tell(_ owner: Owner, _ events: Int32) {
        switch owner {
        case .bell: break
        case .connection(let connection): connection.note(events)
        case .channel(let connection, let channel):
            channel.note(events)
            connection.needsStep = true
        case .door(let door): accept(door)
        }
    }

    private func accept(_ door: Door) {
        for _ in 0..<64 {
            let descriptor = clibssh2_accept(door.descriptor)
            if descriptor >= 0 {
                door.accept(descriptor)
                continue
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: doorsRestUntil = .now + .milliseconds(100)
            default: break
            }
            return
        }
    }

    private func end() {
        let reason = SpawnError(.unavailable, "the SSH connections were shut down")
        for connection in connections.values { connection.end(reason) }
        connections = [:]
        for door in doors.values { close(door.descriptor) }
        doors = [:]
        for command in inbox.drain() { command.refuse(reason) }
    }

    private static let gone = SpawnError(.unavailable, "the connection has ended")
}

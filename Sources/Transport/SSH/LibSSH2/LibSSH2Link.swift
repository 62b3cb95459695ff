public import MultipleSpawner

/// A connection by libssh2, served on the thread of all.
public final class LibSSH2Link: SSHLink {
    public static let transport = "libssh2"

    public let place: String
    private let number: UInt64
    private let state: LinkState
    private let owner: LibSSH2

    init(target: SSHTarget, number: UInt64, state: LinkState, owner: LibSSH2) {
        place = target.description
        self.number = number
        self.state = state
        self.owner = owner
    }

    public func run(_ command: RemoteCommand) async throws -> RemoteAnswer {
        let answer = Answer<RemoteAnswer>()
        return try await order(command, number: state.number(), .whole(answer), answer)
    }

    public func follow(_ command: RemoteCommand) async throws -> LogStream {
        let answer = Answer<Void>()
        let channel = BodyChannel()
        let order = state.number()
        let reader = CommandReader(channel, owner.inbox, link: number, number: order)
        try await self.order(command, number: order, .stream(answer, channel), answer)
        return LogStream { try await reader.next() }
    }

    public func carry(_ socket: consuming OpenSocket, to end: TunnelEnd) async throws {
        let descriptor = socket.take()
        let answer = Answer<Void>()
        let order = CarryOrder(
            number: state.number(), descriptor: descriptor, end: end, answer: answer,
            deadline: .now + owner.limits.open)
        post(.carry(link: number, order))
        try await answer.value { [self] in cancel(order.number) }
    }

    public func listen(at remote: TunnelEnd, carryingTo local: TunnelEnd) async throws -> any BackwardTunnel {
        guard case .tcp(let host, let port) = remote else {
            throw SpawnError(.unsupported, "libssh2 cannot let \(place) listen at the path \(remote); use a port")
        }
        let answer = Answer<Int>()
        let order = ListenOrder(
            number: state.number(), host: host, port: port, places: try await Self.places(local), answer: answer,
            deadline: .now + owner.limits.open)
        post(.listen(link: number, order))
        let real = try await answer.value { [self] in cancel(order.number) }
        return LibSSH2Tunnel(remote: .tcp(host: host, port: real)) { [self] in cancel(order.number) }
    }

    public func ended() async -> SpawnError {
        await state.ended()
    }

    public func close() async {
        let answer = Answer<Void>()
        guard owner.inbox.post(.close(link: number, answer)) else { return }
        try? await answer.value()
    }

    private func order<Value: Sendable>(
        _ command: RemoteCommand, number order: UInt64, _ recipient: CommandOrder.Recipient, _ answer: Answer<Value>
    ) async throws -> Value {
        let order = CommandOrder(
            number: order, command: command, recipient: recipient, deadline: .now + command.limit)
        try Task.checkCancellation()
        // Told before the thread has seen it, for those who look for room at this moment.
        state.note { $0.commands += 1 }
        post(.run(link: number, order))
        return try await answer.value { [self] in cancel(order.number) }
    }

    private func post(_ command: SSHInbox.Command) {
        if let reason = state.reason { return command.refuse(reason) }
        _ = state.touch()
        if !owner.inbox.post(command) {
            command.refuse(SpawnError(.unavailable, "the SSH connections were shut down"))
        }
    }

    private func cancel(_ order: UInt64) {
        owner.inbox.post(.cancel(link: number, order))
    }

    /// The addresses of a place of ours.
    private static func places(_ end: TunnelEnd) async throws -> [InternetAddress] {
        switch end {
        case .unixSocket(let path):
            guard let place = InternetAddress(path: path) else {
                throw SpawnError(.invalidRequest, "'\(path.excerpt)' is too long for a socket's path")
            }
            return [place]
        case .tcp(let host, let port):
            let (places, failure) = await FileWork.run { InternetAddress.resolve(host, port: port) }
            guard !places.isEmpty else {
                throw SpawnError(.invalidRequest, "'\(host.excerpt)' has no address: \(failure)")
            }
            return places
        }
    }
}

extension LibSSH2Link: LoadedLink {
    var isCrowded: Bool { state.load.isCrowded }
    var commands: Int { state.load.commands }
    var isOpen: Bool { state.touch() }
}

import MultipleSpawner

/// A command on its way to the thread that runs it, with who waits for it.
struct CommandOrder: Sendable {
    enum Recipient: Sendable {
        case whole(Answer<RemoteAnswer>)
        /// The answer is that it was started; what it says goes into the channel.
        case stream(Answer<Void>, BodyChannel)
    }

    let number: UInt64
    let command: RemoteCommand
    let recipient: Recipient
    let deadline: ContinuousClock.Instant

    func fail(_ error: any Error) {
        switch recipient {
        case .whole(let answer): answer.fail(error)
        case .stream(let answer, let channel):
            answer.fail(error)
            channel.finish(.failure(error))
        }
    }

    /// Whether nobody waits for its start any more.
    var isForgotten: Bool {
        switch recipient {
        case .whole(let answer): answer.isSettled
        case .stream(let answer, _): answer.isSettled
        }
    }
}

/// A connection to be carried to the other side.
struct CarryOrder: Sendable {
    let number: UInt64
    /// Closed by whoever has the order.
    let descriptor: Int32
    let end: TunnelEnd
    let answer: Answer<Void>
    let deadline: ContinuousClock.Instant
}

/// A place where the other side is to listen for us.
struct ListenOrder: Sendable {
    let number: UInt64
    let host: String
    let port: Int
    /// The places on our side that are tried for each connection, in this order.
    let places: [InternetAddress]
    let answer: Answer<Int>
    let deadline: ContinuousClock.Instant
}

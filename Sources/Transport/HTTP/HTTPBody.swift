/// The body of a stream, in the pieces in which it is read. It can be read once.
///
/// The server is held back while nobody reads: no more than about 256 KiB are kept. The stream throws `HTTPFailure`, or
/// `CancellationError` when the reading task was cancelled, which also ends the transfer.
public struct HTTPBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = any Error

    private let reader: Reader

    init(_ channel: BodyChannel, number: UInt64, inbox: TransferInbox) {
        reader = Reader(channel: channel, number: number, inbox: inbox)
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(reader: reader)
    }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let reader: Reader

        public mutating func next() async throws -> [UInt8]? {
            try await reader.next()
        }
    }

    /// Whoever still holds it may read: when nobody does, the transfer ends.
    fileprivate final class Reader: Sendable {
        private let channel: BodyChannel
        private let number: UInt64
        private let inbox: TransferInbox

        init(channel: BodyChannel, number: UInt64, inbox: TransferInbox) {
            self.channel = channel
            self.number = number
            self.inbox = inbox
        }

        deinit {
            inbox.post(.cancel(number))
        }

        func next() async throws -> [UInt8]? {
            try await channel.next { [inbox, number] in
                inbox.post(.resume(number))
            } cancel: { [inbox, number] in
                inbox.post(.cancel(number))
            }
        }
    }
}

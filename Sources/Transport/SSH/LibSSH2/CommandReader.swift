/// Whoever still holds it may read what a command says: when nobody does, the command's connection ends.
final class CommandReader: Sendable {
    private let channel: BodyChannel
    private let inbox: SSHInbox
    private let link: UInt64
    private let number: UInt64

    init(_ channel: BodyChannel, _ inbox: SSHInbox, link: UInt64, number: UInt64) {
        self.channel = channel
        self.inbox = inbox
        self.link = link
        self.number = number
    }

    deinit {
        inbox.post(.cancel(link: link, number))
    }

    func next() async throws -> [UInt8]? {
        try await channel.next { [inbox, link, number] in
            inbox.post(.resume(link: link, number))
        } cancel: { [inbox, link, number] in
            inbox.post(.cancel(link: link, number))
        }
    }
}

import CLibCurl

/// One call under way, or waiting for a connection. Its methods are called by libcurl, on the thread of the loop.
final class Transfer {
    let order: TransferOrder
    let origin: String
    /// The handle while the transfer is made.
    var easy: EasyHandle?
    /// Why it was ended by us; libcurl only knows that it was.
    private(set) var refusal: HTTPFailure?

    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    private(set) var body: [UInt8] = []
    private(set) var isHeadComplete = false
    private var headSize = 0
    /// Where the body of a stream goes once its head is told.
    private(set) var channel: BodyChannel?
    private(set) var isPaused = false
    private(set) var lastHeard = ContinuousClock.now
    private let inbox: TransferInbox

    /// All lines of all heads of one answer together.
    private static let mostHeadBytes = 256 * 1024

    init(_ order: TransferOrder, inbox: TransferInbox) {
        self.order = order
        self.inbox = inbox
        origin = order.origin
    }

    /// A connection stands, and the request is about to be sent over it; `false` ends the transfer.
    ///
    /// It is called again where libcurl found a kept connection dead and would send the request once more. That is left
    /// to it only where nothing was sent, or where twice is the same as once.
    func mayBeSent() -> Bool {
        guard let easy, easy.hasSent, order.request.method != "GET", order.request.method != "HEAD" else { return true }
        refusal = HTTPFailure(
            .connectionLost, "the connection ended before an answer came", errorNumber: easy.errorNumber,
            mayHaveArrived: true)
        return false
    }

    /// One line of a head; `false` ends the transfer.
    func takeHead(_ line: UnsafeRawBufferPointer) -> Bool {
        lastHeard = .now
        headSize += line.count
        guard headSize <= Self.mostHeadBytes else {
            return refuse(.tooLarge, "the answer's head has more than \(Self.mostHeadBytes) bytes")
        }
        // Trailers say nothing that we ask for.
        guard !isHeadComplete else { return true }
        if line.starts(with: "HTTP/".utf8) {
            headers = HTTPHeaders()
        } else if line.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) {
            return endHead()
        } else if line.first != 0x20, line.first != 0x09 {
            headers.add(line: line)
        }
        return true
    }

    private func endHead() -> Bool {
        status = easy?.status ?? 0
        // "Continue", "Early hints": the answer is still to come.
        guard status >= 200 || status == 101 else { return true }
        isHeadComplete = true
        guard case .stream(let waiting) = order.recipient else {
            let length = headers["Content-Length"].flatMap { Int($0) } ?? 0
            body.reserveCapacity(max(0, min(length, order.request.mostBytes, 8 << 20)))
            return true
        }
        let channel = BodyChannel()
        self.channel = channel
        let body = HTTPBody(channel, number: order.number, inbox: inbox)
        waiting.resume(returning: HTTPStream(status: status, headers: headers, body: body))
        return true
    }

    enum Taken {
        case all, later, refused
    }

    /// A piece of the body.
    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Taken {
        lastHeard = .now
        if let channel {
            isPaused = !channel.offer(bytes)
            return isPaused ? .later : .all
        }
        guard body.count + bytes.count <= order.request.mostBytes else {
            _ = refuse(.tooLarge, "the answer has more than \(order.request.mostBytes) bytes")
            return .refused
        }
        body.append(contentsOf: bytes)
        return .all
    }

    /// Lets a stream go on whose reader has caught up.
    func resume() {
        guard isPaused, let easy else { return }
        isPaused = false
        lastHeard = .now
        // This may deliver what libcurl kept, and so end in another pause.
        curl_easy_pause(easy.pointer, CURLPAUSE_CONT)
    }

    private func refuse(_ kind: HTTPFailure.Kind, _ message: String) -> Bool {
        refusal = HTTPFailure(kind, message, mayHaveArrived: true)
        return false
    }

    func begin(_ easy: EasyHandle) {
        self.easy = easy
        lastHeard = .now
    }

    /// When it has taken too long, unless more is heard before; `nil`: never.
    var deadline: ContinuousClock.Instant? {
        let limits = order.request.limits
        // A stream whose head is there may go on for ever.
        let whole = channel == nil ? limits.whole.map { order.ordered + $0 } : nil
        let silence = easy != nil && !isPaused ? limits.silence.map { lastHeard + $0 } : nil
        return [whole, silence].compactMap(\.self).min()
    }

    /// What is said of it when its deadline is past.
    var overdueMessage: String {
        let limits = order.request.limits
        if channel == nil, let whole = limits.whole, order.ordered + whole <= .now {
            return easy == nil ? "no connection was free within \(whole)" : "no answer came within \(whole)"
        }
        return "nothing was heard for \(limits.silence ?? .zero)"
    }

    /// Tells everybody who waits how it ended.
    func end(_ result: Result<Void, any Error>) {
        if let channel { return channel.finish(result) }
        switch (order.recipient, result) {
        case (_, .failure(let error)):
            order.fail(error)
        case (.whole(let waiting), .success):
            waiting.resume(returning: HTTPResponse(status: status, headers: headers, body: body))
        case (.stream, .success):
            order.fail(HTTPFailure(.malformed, "the answer has no head", mayHaveArrived: true))
        }
    }
}

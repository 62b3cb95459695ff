import CLibCurl

/// Makes the transfers. It lives on one thread from beginning to end, and nothing of it is seen by another.
final class TransferLoop {
    private let multi: UnsafeMutableRawPointer
    private let inbox: TransferInbox
    private let callsPerOrigin: Int
    private var transfers: [UInt64: Transfer] = [:]
    private var origins: [String: Origin] = [:]
    private var idle: [EasyHandle] = []
    /// No transfer's time is over before this.
    private var nextDeadline: ContinuousClock.Instant?

    /// The calls to one place.
    private struct Origin {
        var underWay = 0
        /// In the order of arrival; those that were cancelled meanwhile are not in `transfers` any more.
        var waiting: ArraySlice<UInt64> = []
    }

    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Works until the inbox is closed, then ends what is under way.
    static func run(_ inbox: TransferInbox, callsPerOrigin: Int) {
        guard isLibraryReady, let multi = curl_multi_init() else {
            for case .start(let order) in inbox.drain() { order.fail(HTTPFailure.shutDown(wasSent: false)) }
            return
        }
        let loop = TransferLoop(multi, inbox, callsPerOrigin: callsPerOrigin)
        inbox.open(multi)
        while let commands = inbox.take() {
            for command in commands { loop.obey(command) }
            loop.turn()
        }
        loop.end()
    }

    private init(_ multi: UnsafeMutableRawPointer, _ inbox: TransferInbox, callsPerOrigin: Int) {
        self.multi = multi
        self.inbox = inbox
        self.callsPerOrigin = callsPerOrigin
        clibcurl_multi_set_number(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        clibcurl_multi_set_number(multi, CURLMOPT_MAXCONNECTS, 1024)
    }

    private func obey(_ command: TransferInbox.Command) {
        switch command {
        case .start(let order):
            let transfer = Transfer(order, inbox: inbox)
            guard !order.cancellation.isAsked else { return transfer.end(.failure(CancellationError())) }
            transfers[order.number] = transfer
            if order.isStream {
                begin(transfer)
            } else {
                origins[transfer.origin, default: Origin()].waiting.append(order.number)
                beginNext(transfer.origin)
            }
            notice(transfer.deadline)
        case .cancel(let number):
            guard let transfer = transfers[number] else { return }
            finish(transfer, .failure(CancellationError()))
        case .resume(let number):
            guard let transfer = transfers[number] else { return }
            transfer.resume()
            notice(transfer.deadline)
        }
    }

    /// One look at all connections, and the wait for the next reason to look.
    private func turn() {
        var count: Int32 = 0
        curl_multi_perform(multi, &count)
        var result = CURLE_OK
        while let easy = clibcurl_finished(multi, &result) {
            guard let context = clibcurl_private(easy) else { continue }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            finish(transfer, outcome(transfer, result))
        }
        endOverdue()
        let wait = nextDeadline.map { ContinuousClock.now.duration(to: $0).milliseconds + 1 } ?? 60_000
        curl_multi_poll(multi, nil, 0, Int32(clamping: max(0, min(wait, 60_000))), nil)
    }

    private func outcome(_ transfer: Transfer, _ code: CURLcode) -> Result<Void, any Error> {
        if code == CURLE_OK {
            if transfer.isHeadComplete { return .success(()) }
            // libcurl is content with a head that breaks off.
            let words = "the connection ended within the head of the answer"
            return .failure(HTTPFailure(.connectionLost, words, mayHaveArrived: true))
        }
        if let refusal = transfer.refusal { return .failure(refusal) }
        guard let easy = transfer.easy else { return .failure(HTTPFailure.shutDown(wasSent: true)) }
        return .failure(
            HTTPFailure(code, text: easy.message, errorNumber: easy.errorNumber, wasSent: easy.hasSent))
    }

    /// Starts the calls to a place that may start.
    private func beginNext(_ name: String) {
        while var origin = origins[name] {
            guard let number = origin.waiting.first else {
                if origin.underWay == 0 { origins[name] = nil }
                return
            }
            guard origin.underWay < callsPerOrigin else { return }
            origin.waiting.removeFirst()
            origins[name] = origin
            if let transfer = transfers[number] { begin(transfer) }
        }
    }

    private func begin(_ transfer: Transfer) {
        do throws(HTTPFailure) {
            guard let easy = idle.popLast() ?? EasyHandle() else {
                throw HTTPFailure(CURLE_OUT_OF_MEMORY, text: "", errorNumber: 0, wasSent: false)
            }
            easy.reset()
            try transfer.prepare(easy)
            let code = curl_multi_add_handle(multi, easy.pointer)
            guard code == CURLM_OK else {
                throw HTTPFailure(
                    .cannotConnect, String(cString: curl_multi_strerror(code)), mayHaveArrived: false)
            }
            transfer.begin(easy)
            notice(transfer.deadline)
            if !transfer.order.isStream { origins[transfer.origin]?.underWay += 1 }
        } catch {
            finish(transfer, .failure(error))
        }
    }

    /// Takes a transfer out, whatever its state, and tells how it ended.
    private func finish(_ transfer: Transfer, _ result: Result<Void, any Error>) {
        transfers[transfer.order.number] = nil
        if let easy = transfer.easy {
            curl_multi_remove_handle(multi, easy.pointer)
            transfer.easy = nil
            if idle.count < callsPerOrigin { idle.append(easy) }
            if !transfer.order.isStream { origins[transfer.origin]?.underWay -= 1 }
        }
        transfer.end(result)
        if !transfer.order.isStream { beginNext(transfer.origin) }
    }

    private func notice(_ deadline: ContinuousClock.Instant?) {
        guard let deadline else { return }
        nextDeadline = min(deadline, nextDeadline ?? deadline)
    }

    private func endOverdue() {
        guard let next = nextDeadline, next <= .now else { return }
        let now = ContinuousClock.now
        for transfer in transfers.values {
            guard let deadline = transfer.deadline, deadline <= now else { continue }
            let wasSent = transfer.easy?.hasSent ?? false
            finish(transfer, .failure(HTTPFailure(.timedOut, transfer.overdueMessage, mayHaveArrived: wasSent)))
        }
        nextDeadline = transfers.values.compactMap(\.deadline).min()
    }

    private func end() {
        // Before anything is taken away, so that nothing that waits is begun.
        origins = [:]
        for transfer in transfers.values {
            let wasSent = transfer.easy?.hasSent ?? false
            finish(transfer, .failure(HTTPFailure.shutDown(wasSent: wasSent)))
        }
        for case .start(let order) in inbox.drain() { order.fail(HTTPFailure.shutDown(wasSent: false)) }
        idle = []
        curl_multi_cleanup(multi)
    }
}

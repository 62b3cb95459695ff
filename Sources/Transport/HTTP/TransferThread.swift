/// The one thread on which libcurl runs.
final class TransferThread: Sendable {
    private let thread: OwnThread?

    /// Where the system gives no thread, the inbox is closed, so that each call fails.
    init(_ inbox: TransferInbox, callsPerOrigin: Int) {
        thread = OwnThread("http") { TransferLoop.run(inbox, callsPerOrigin: callsPerOrigin) }
        if thread == nil { inbox.close() }
    }

    /// Waits until it has ended. Only the first call waits.
    func join() {
        thread?.join()
    }
}

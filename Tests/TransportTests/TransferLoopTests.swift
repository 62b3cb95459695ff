import ScriptedServer
import Testing

@testable import Transport

/// What cannot be brought about from outside at will: the order in which things reach the thread.
@Suite(.timeLimit(.minutes(1))) struct TransferLoopTests {
    private let inbox = TransferInbox()

    private func order(
        _ request: HTTPRequest, _ cancellation: TransferOrder.Cancellation = TransferOrder.Cancellation(),
        then next: () -> Void = {}
    ) async throws -> HTTPResponse {
        try await withCheckedThrowingContinuation { continuation in
            let order = TransferOrder(
                number: inbox.number(), request: request, recipient: .whole(continuation),
                cancellation: cancellation, ordered: .now)
            inbox.post(.start(order))
            next()
        }
    }

    @Test func `a call whose cancellation came before it is not made`() async throws {
        let server = try ScriptedServer { _, connection in connection.answer() }
        defer { server.stop() }
        let thread = TransferThread(inbox, callsPerOrigin: 1)
        let cancellation = TransferOrder.Cancellation()
        cancellation.ask()
        await #expect(throws: CancellationError.self) {
            try await order(HTTPRequest("POST", server.url), cancellation)
        }
        #expect(server.requests.isEmpty)
        inbox.close()
        thread.join()
    }

    @Test func `a call that waited for its connection is given up too, when the server is silent`() async throws {
        let gate = Gate()
        let server = try ScriptedServer { request, connection in
            guard request.path == "/first" else { return connection.waitForEnd() }
            gate.wait()
            connection.answer()
        }
        defer { server.stop() }
        let thread = TransferThread(inbox, callsPerOrigin: 1)
        let first = Task { try await order(HTTPRequest("GET", "\(server.url)/first")) }
        try await wait { server.requests.count == 1 }
        let limits = HTTPLimits(whole: nil, silence: .milliseconds(200))
        let failure = await #expect(throws: HTTPFailure.self) {
            // The first is answered only when this one waits.
            try await order(HTTPRequest("POST", server.url, limits: limits), then: gate.open)
        }
        #expect(failure?.kind == .timedOut)
        #expect(failure?.mayHaveArrived == true)
        #expect(try await first.value.status == 200)
        inbox.close()
        thread.join()
    }

    @Test func `what is asked of a thread that has ended is refused`() async throws {
        let thread = TransferThread(inbox, callsPerOrigin: 1)
        inbox.close()
        thread.join()
        #expect(!inbox.post(.cancel(1)))
        #expect(inbox.take() == nil)
    }
}

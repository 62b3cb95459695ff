import Hummingbird
import MultipleSpawner
import NIOCore

/// What operators and their tools ask: is it alive, is it ready, how much is going on.
struct OperationRoutes: Sendable {
    let metrics: PrometheusMetrics
    let isReady: @Sendable () -> Bool
    let gauges: @Sendable () async -> Void

    func add(to router: some RouterMethods<APIContext>) {
        router.get("/healthz") { _, _ in plain("ok\n") }
        router.get("/readyz") { _, _ in
            guard isReady() else { throw SpawnError(.unavailable, "the journal is being read; ask again") }
            return plain("ok\n")
        }
        router.get("/metrics") { _, _ in
            await gauges()
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.exposition())))
        }
    }

    private func plain(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

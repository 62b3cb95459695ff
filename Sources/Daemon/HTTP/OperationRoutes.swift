import Hummingbird
import NIOCore

/// What operators and their tools ask: is it alive, is it ready, how much is going on.
struct OperationRoutes: Sendable {
    let metrics: PrometheusMetrics
    let gauges: @Sendable () async -> Void

    func add(to router: some RouterMethods<APIContext>) {
        router.get("/healthz") { _, _ in plain("ok\n") }
        // The socket opens only after the journal was read: who can ask is answered.
        router.get("/readyz") { _, _ in plain("ok\n") }
        router.get("/openapi.json") { _, _ in try Response(json: APIDocument.document) }
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

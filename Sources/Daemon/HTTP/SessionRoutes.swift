import FoundationEssentials
import HTTPTypes
import Hummingbird
import MultipleSpawner
import NIOCore
import ServiceLifecycle

/// `/v1/sessions`: start, look, stop, take over, extend. Fields in, one call, an answer out; nothing is decided here.
struct SessionRoutes: Sendable {
    let orchestrator: Orchestrator
    let events: ServerSentEvents
    let uploads: UploadStore

    private var ledger: Ledger { orchestrator.ledger }

    func add(to router: some RouterMethods<APIContext>) {
        router.get("/v1/sessions", use: list)
        router.get("/v1/events", use: allEvents)
        router.post("/v1/sessions/keep", use: keep)
        router.put("/v1/sessions/:id", use: start)
        router.get("/v1/sessions/:id", use: show)
        router.delete("/v1/sessions/:id", use: stop)
        router.post("/v1/sessions/:id/adopt", use: adopt)
        router.post("/v1/sessions/:id/extend", use: extend)
        router.get("/v1/sessions/:id/events", use: sessionEvents)
        router.get("/v1/sessions/:id/logs", use: logs)
    }

    private struct Sessions: Encodable {
        let sessions: [SessionView]
    }

    @Sendable private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = request.uri.queryParameters
        let records = await ledger.allRecords().filter { record in
            context.caller.admits(record)
                && query.admits("hub", record.identity.hub)
                && query.admits("user", record.identity.user)
                && query.admits("server", record.identity.server)
                && query.admits("state", record.lifecycle.phase.name)
        }
        return try Response(
            json: Sessions(sessions: records.sorted { $0.created < $1.created }.map { SessionView($0) }))
    }

    @Sendable private func start(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try sessionID(context)
        let body = try await RequestBody(
            request, context, as: StartBody.shape, atMost: RequestBody.mostWithFiles)
        let identity = try body.identity()
        try context.caller.check(hub: identity.hub)
        let files = try await uploads.files(of: body.value["user_options"], for: identity)
        let start = try StartBody.request(id, body, files: files)
        return try Response(json: SessionView(try await orchestrator.submit(start)), status: .accepted)
    }

    @Sendable private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let record = try await known(context)
        await orchestrator.touch(record.id)
        return try Response(json: SessionView(record))
    }

    @Sendable private func stop(_ request: Request, _ context: APIContext) async throws -> Response {
        let now = request.uri.queryParameters["now"].map { String($0) }
        let record = try await known(context)
        return try Response(json: SessionView(try await orchestrator.stop(record.id, now: now == "true" || now == "1")))
    }

    @Sendable private func adopt(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try sessionID(context)
        let body = try await RequestBody(request, context, as: AdoptBody.shape)
        let identity = try body.identity()
        try context.caller.check(hub: identity.hub)
        guard let record = try AdoptBody.record(id, body, for: identity) else {
            let adopted = try await orchestrator.adopt(
                original: body.value["state"] ?? .null, as: id, for: identity, lifetime: AdoptBody.lifetime(body))
            return try Response(json: SessionView(adopted))
        }
        return try Response(json: SessionView(try await orchestrator.adopt(record)))
    }

    @Sendable private func extend(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await RequestBody(request, context, as: ExtendBody.shape)
        let record = try await known(context)
        return try Response(
            json: SessionView(try await orchestrator.extend(record.id, minutes: try body.integer("minutes"))))
    }

    @Sendable private func keep(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await RequestBody(request, context, as: KeepBody.shape)
        let hub = try body.string("hub")
        try context.caller.check(hub: hub)
        await orchestrator.keep(body.strings("sessions").compactMap { SessionID(rawValue: $0) }, hub: hub)
        return Response(status: .noContent)
    }

    @Sendable private func allEvents(_ request: Request, _ context: APIContext) async throws -> Response {
        let hub = request.uri.queryParameters["hub"].map { String($0) } ?? context.caller.hub
        if let hub { try context.caller.check(hub: hub) }
        return events.response(EventFeed.Filter(hub: hub), lastEventID: request.headers[.lastEventID])
    }

    @Sendable private func sessionEvents(_ request: Request, _ context: APIContext) async throws -> Response {
        let record = try await known(context)
        return events.response(EventFeed.Filter(session: record.id), lastEventID: request.headers[.lastEventID])
    }

    @Sendable private func logs(_ request: Request, _ context: APIContext) async throws -> Response {
        let follow = request.uri.queryParameters["follow"].map { String($0) }
        let record = try await known(context)
        guard let handle = record.lifecycle.handle else {
            throw SpawnError(.notFound, "session \(record.id.rawValue) has no server now, so it has no log")
        }
        let stream = try await orchestrator.registry.backend(record.backend)
            .logs(handle, follow: follow == "true" || follow == "1")
        return Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody { writer in
                for try await piece in stream.cancelOnGracefulShutdown() {
                    try await writer.write(ByteBuffer(bytes: piece))
                }
                try await writer.finish(nil)
            })
    }

    private func sessionID(_ context: APIContext) throws -> SessionID {
        try SessionID(try context.parameters.require("id"))
    }

    private func known(_ context: APIContext) async throws -> SessionRecord {
        let id = try sessionID(context)
        guard let record = await ledger[id], context.caller.admits(record) else {
            throw SpawnError(.notFound, "there is no session \(id.rawValue); it may be over already")
        }
        return record
    }
}

extension HTTPField.Name {
    /// Where a reader of server-sent events was when it lost the connection.
    static let lastEventID = HTTPField.Name("Last-Event-ID") ?? .contentType
}

extension Parameters {
    /// Whether a filter of the query, when it is given, has this value.
    fileprivate func admits(_ key: Substring, _ value: String) -> Bool {
        self[key].map { $0 == value } ?? true
    }
}

import FoundationEssentials
import Hummingbird
import MultipleSpawner

/// The form, plans, and what a user may ask for.
struct CatalogueRoutes: Sendable {
    let files: CatalogueFiles
    let orchestrator: Orchestrator
    let uploads: UploadStore

    func add(to router: some RouterMethods<APIContext>) {
        router.get("/v1/form", use: form)
        router.post("/v1/form", use: options)
        router.post("/v1/plan", use: plan)
        router.get("/v1/options", use: schema)
        router.get("/", use: status)
    }

    @Sendable private func form(_ request: Request, _ context: APIContext) async throws -> Response {
        let asking = try Asking(request.uri.queryParameters, context)
        let last = request.uri.queryParameters["last"].flatMap { text in
            JSONSource(file: "last", text: String(text)).root?.jsonValue
        }
        let catalogue = files.catalogue
        let form = catalogue.form(
            for: SessionRequest(
                id: try SessionID("form"), identity: asking.identity, groups: asking.groups, options: last ?? .null),
            rooms: await orchestrator.rooms(in: catalogue),
            standings: await orchestrator.ledger.standings(of: asking.identity, groups: asking.groups))
        return Response(html: try SpawnFormPage.html(form))
    }

    @Sendable private func options(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await RequestBody(request, context, as: FormBody.shape, atMost: RequestBody.mostWithFiles)
        let identity = try body.identity()
        try context.caller.check(hub: identity.hub)
        let brought = try FormUploads(body)
        let fields = (body.value["form"]?.objectValue ?? [:]).mapValues { values in
            values.arrayValue?.compactMap(\.stringValue) ?? []
        }
        let form = files.catalogue.form(
            for: SessionRequest(
                id: try SessionID("form"), identity: identity, groups: Set(body.strings("groups"))))
        var options =
            try form.options(
                from: fields, files: brought.files.map { ($0.name, $0.content.count) }
            ).objectValue ?? [:]
        // Nothing is kept of a form that is refused.
        if !brought.files.isEmpty {
            options["user_install_files"] = try await brought.keep(in: uploads, for: identity)
        }
        return try Response(json: ["user_options": options])
    }

    @Sendable private func plan(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await RequestBody(request, context, as: PlanBody.shape, atMost: RequestBody.mostWithFiles)
        let identity = try body.identity()
        try context.caller.check(hub: identity.hub)
        let decision = files.catalogue.decide(
            for: SessionRequest(
                id: try SessionID("plan"), identity: identity, groups: Set(body.strings("groups")),
                options: body.value["user_options"] ?? .null,
                files: try await uploads.files(of: body.value["user_options"], for: identity)))
        if let error = decision.spawnError { throw error }
        return try Response(json: ["decision": decision])
    }

    @Sendable private func schema(_ request: Request, _ context: APIContext) async throws -> Response {
        let asking = try Asking(request.uri.queryParameters, context)
        return try Response(json: files.catalogue.optionsSchema(for: asking.identity.user, groups: asking.groups))
    }

    @Sendable private func status(_ request: Request, _ context: APIContext) async throws -> Response {
        let state = files.current
        let records = await orchestrator.ledger.allRecords().filter { context.caller.admits($0) }
        return Response(html: try StatusPage.html(records: records, state: state))
    }
}

/// Whom a query is about.
private struct Asking {
    let identity: SessionIdentity
    let groups: Set<String>

    init(_ query: Parameters, _ context: APIContext) throws {
        guard let user = query["user"] else {
            throw SpawnError(.invalidRequest, "the query has no 'user'; see /openapi.json")
        }
        let hub = query["hub"].map { String($0) } ?? context.caller.hub ?? "-"
        let server = query["server"].map { String($0) } ?? ""
        try context.caller.check(hub: hub)
        identity = try SessionIdentity(hub: hub, user: String(user), server: server)
        groups = Set(query.getAll("group").map { String($0) })
    }
}

import Hummingbird
import MultipleSpawner

/// `/v1/residents`: what carries our labels and belongs to no session.
struct ResidentRoutes: Sendable {
    let sweep: Sweep
    let grace: Duration

    func add(to router: some RouterMethods<APIContext>) {
        router.get("/v1/residents") { _, context in
            try allowed(context)
            return try Response(json: Residents(await sweep.look()))
        }
        router.delete("/v1/residents") { _, context in
            try allowed(context)
            return try Response(json: Residents(try await sweep.remove(grace: grace)))
        }
    }

    /// A credential of one hub does not reach what may be another's.
    private func allowed(_ context: APIContext) throws {
        guard context.caller.hub == nil else {
            throw SpawnError(.forbidden, "only an administrator's credential may sweep; use the daemon's socket")
        }
    }

    private struct Residents: Encodable {
        struct Line: Encodable {
            let session: String
            let user: String?
            let description: String
        }

        struct Machine: Encodable {
            let provider: String
            let user: String?
            let description: String
        }

        let residents: [Line]
        let machines: [Machine]
        let unreachable: [String]
        let notes: [String]

        init(_ report: Sweep.Report) {
            residents = report.left.map {
                Line(session: $0.session.rawValue, user: $0.identity?.label, description: $0.description)
            }
            machines = report.machines.map {
                Machine(provider: $0.provider, user: $0.machine.user, description: $0.machine.description)
            }
            unreachable = report.unreachable
            notes = report.notes
        }
    }
}

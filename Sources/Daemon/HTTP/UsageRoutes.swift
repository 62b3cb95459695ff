import FoundationEssentials
import Hummingbird
import MultipleSpawner

/// `GET /v1/usage`: who used how much.
struct UsageRoutes: Sendable {
    let orchestrator: Orchestrator

    func add(to router: some RouterMethods<APIContext>) {
        router.get("/v1/usage") { request, context in
            let query = request.uri.queryParameters
            let hub = query["hub"].map { String($0) } ?? context.caller.hub
            if let hub { try context.caller.check(hub: hub) }
            let now = Date()
            let until = try query["until"].map { try UsageMoment.date(String($0), calling: "until", at: now) } ?? now
            let since =
                try query["since"].map { try UsageMoment.date(String($0), calling: "since", at: now) }
                ?? until.addingTimeInterval(-30 * 86_400)
            guard since < until else {
                throw SpawnError(.invalidRequest, "'since' is not before 'until'; swap them, or leave one out")
            }
            let report = try await orchestrator.usage.report(
                since: since, until: until,
                filter: UsageReport.Filter(
                    hub: hub, user: query["user"].map { String($0) }, group: query["group"].map { String($0) }))
            return try Response(json: UsageView(report))
        }
    }
}

/// Reads a moment as people write it.
enum UsageMoment {
    /// - Parameter text: RFC 3339, `2026-11-01` (midnight UTC), or an age: `7d`, `12h`.
    /// - Throws: `invalid_request` that names what was given.
    static func date(_ text: String, calling name: String, at now: Date) throws(SpawnError) -> Date {
        let units: [Character: Double] = ["d": 86_400, "h": 3600]
        if let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()), (0...100_000).contains(count)
        {
            return now.addingTimeInterval(-Double(count) * unit)
        }
        let whole = text.utf8.count == 10 ? text + "T00:00:00Z" : text
        let plain = Date.ISO8601FormatStyle()
        guard
            let date = try? plain.parse(whole), abs(date.timeIntervalSince(now)) < 6e9
        else {
            throw SpawnError(
                .invalidRequest,
                "'\(name)' is '\(text.excerpt)'; write 2026-11-01, 2026-11-01T12:00:00Z, or an age such as 7d or 12h")
        }
        return date
    }
}

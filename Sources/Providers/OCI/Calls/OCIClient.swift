import MultipleSpawner
import Transport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Speaks the REST interface of Oracle's cloud, version 20160918.
struct OCIClient: Sendable {
    let place: OCIPlace
    let compartment: String
    let identities: OCIIdentitySource
    let link: CloudLink
    var tls: TLSFiles?
    var usesProxy = false

    private static let pageSize = 100
    private static let mostItems = 100_000

    /// Makes a call, again where that helps. Only for what may be asked twice: what would make something has a token.
    ///
    /// - Throws: `CloudFault` for what the cloud refuses, `SpawnError`, `CancellationError`.
    @discardableResult
    func call(_ call: OCICall, until deadline: ContinuousClock.Instant) async throws -> JSONValue {
        try await answer(to: call, until: deadline).value
    }

    /// All members of a list in our compartment, from all of its pages.
    func list(
        _ path: String, _ query: [(name: String, value: String)] = [], service: OCIPlace.Service = .compute,
        until deadline: ContinuousClock.Instant
    ) async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var page: String?
        repeat {
            var call = OCICall(service: service, path: [path])
            call.query = [("compartmentId", compartment)] + query
            if service == .compute { call.query.append(("limit", String(Self.pageSize))) }
            if let page { call.query.append(("page", page)) }
            let answer = try await answer(to: call, until: deadline)
            guard let members = answer.value.arrayValue else {
                throw SpawnError(.backendFailed, "\(call.doing) gives no list")
            }
            items += members
            // A page that leads to itself would be read for ever.
            guard answer.next == nil || answer.next != page, items.count <= Self.mostItems else {
                throw SpawnError(.backendFailed, "\(call.doing) gives pages without an end")
            }
            page = answer.next
        } while page != nil
        return items
    }

    private struct Answer: Sendable {
        let value: JSONValue
        /// Where the next page is.
        let next: String?
    }

    private func answer(to call: OCICall, until deadline: ContinuousClock.Instant) async throws -> Answer {
        do {
            return try await attempt(call, until: deadline)
        } catch let fault as CloudFault where fault.kind == .unauthorized {
            // The key may have been renewed since it was read.
            let refused = try await identities.current()
            identities.forget()
            guard try await !identities.current().signs(like: refused) else { throw fault }
            return try await attempt(call, until: deadline)
        }
    }

    private func attempt(_ call: OCICall, until deadline: ContinuousClock.Instant) async throws -> Answer {
        let response = try await link.send(
            until: deadline, { try await signed(call) }, fault: { CloudFault(oci: $0) })
        let next = response.headers["opc-next-page"].flatMap { $0.isEmpty ? nil : $0 }
        guard !response.body.isEmpty else { return Answer(value: .null, next: next) }
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(response.body)) else {
            throw SpawnError(.backendFailed, "\(call.doing) gives an answer that is no JSON")
        }
        return Answer(value: value, next: next)
    }

    private func signed(_ call: OCICall) async throws -> HTTPRequest {
        let endpoint = try place.endpoint(call.service)
        let target = call.target(at: endpoint)
        let hasBody = ["POST", "PUT", "PATCH"].contains(call.method)
        let body = call.body.map { Array($0.text.utf8) } ?? []
        let signature = OCISignature(identity: try await identities.current(), date: CalendarTime.now.http)
        var headers = try signature.headers(
            method: call.method, target: target, host: endpoint.host, body: hasBody ? body : nil)
        headers["opc-retry-token"] = call.retryToken.map { Secret($0) }
        headers["accept"] = "application/json"
        let origin = endpoint.url.dropLast(endpoint.path.utf8.count)
        var request = HTTPRequest(call.method, origin + target, headers: headers, body: hasBody ? body : [], tls: tls)
        request.usesEnvironmentProxy = usesProxy
        return request
    }
}

import MultipleSpawner
import Transport

/// Speaks EC2's Query API, version 2016-11-15.
struct EC2Client: Sendable {
    let place: EC2Place
    let credentials: AWSCredentialSource
    let link: CloudLink
    var tls: TLSFiles?
    var usesProxy = false

    private static let version = "2016-11-15"

    /// Makes a call, again where that helps. Only for what may be asked twice: what would make something has a token.
    ///
    /// - Throws: `CloudFault` for what EC2 refuses, `SpawnError`, `CancellationError`.
    func call(
        _ action: String, _ parameters: EC2Query = EC2Query(), until deadline: ContinuousClock.Instant
    ) async throws -> XMLElement {
        do {
            return try await attempt(action, parameters, until: deadline)
        } catch let fault as CloudFault where fault.kind == .unauthorized {
            // They may have been renewed since they were read.
            let refused = try await credentials.current()
            credentials.forget()
            guard try await credentials.current() != refused else { throw fault }
            return try await attempt(action, parameters, until: deadline)
        }
    }

    private func attempt(
        _ action: String, _ parameters: EC2Query, until deadline: ContinuousClock.Instant
    ) async throws -> XMLElement {
        var query = EC2Query()
        query.set("Action", action)
        query.set("Version", Self.version)
        let rest = parameters.encoded
        let body = Array((query.encoded + (rest.isEmpty ? "" : "&\(rest)")).utf8)
        let answer = try await link.send(
            until: deadline, { try await signed(body) }, fault: { CloudFault(ec2: $0) })
        do throws(SpawnError) {
            return try XMLReader.read(answer.body)
        } catch {
            throw SpawnError(.backendFailed, "\(doing(action)): \(error.message)")
        }
    }

    private func signed(_ body: [UInt8]) async throws -> HTTPRequest {
        let keys = try await credentials.current()
        let time = CalendarTime.now
        var headers = [
            "content-type": Secret("application/x-www-form-urlencoded; charset=utf-8"),
            "x-amz-date": Secret(time.basic),
        ]
        headers["x-amz-security-token"] = keys.sessionToken
        var shown = headers.mapValues { $0.reveal() }
        shown["host"] = place.endpoint.host
        let path = place.endpoint.path.isEmpty ? "/" : place.endpoint.path
        let signature = SignatureV4(credentials: keys, region: place.region, service: "ec2", time: time)
        headers["Authorization"] = signature.authorization(
            for: SignatureV4.Request(method: "POST", path: path, headers: shown, body: body))
        var request = HTTPRequest(
            "POST", place.endpoint.url + (place.endpoint.path.isEmpty ? "/" : ""), headers: headers, body: body,
            tls: tls)
        request.usesEnvironmentProxy = usesProxy
        return request
    }

    /// What is being done, for messages.
    func doing(_ action: String) -> String { "\(action) of EC2 in \(place.region)" }

    /// The items of a list that may come in pages.
    func pages(
        _ action: String, _ parameters: EC2Query, list: String, until deadline: ContinuousClock.Instant
    ) async throws -> [XMLElement] {
        var items: [XMLElement] = []
        var token: String?
        repeat {
            var query = parameters
            query.set("MaxResults", String(Self.pageSize))
            query.set("NextToken", token)
            let answer = try await call(action, query, until: deadline)
            items += answer.items(list)
            let next = answer.value("nextToken")
            // A page that leads to itself would be read for ever.
            guard next == nil || next != token, items.count <= Self.mostItems else {
                throw SpawnError(.backendFailed, "\(doing(action)) gives pages without an end")
            }
            token = next
        } while token != nil
        return items
    }

    static let pageSize = 100
    private static let mostItems = 100_000
}

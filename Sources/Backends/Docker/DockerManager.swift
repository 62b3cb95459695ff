import MultipleSpawner
import Synchronization
import Transport

/// One engine: how it is reached, which version it speaks, and whether it could be reached lately.
final class DockerManager: Sendable {
    let address: DockerHost.Manager
    private let host: DockerHost
    private let http: HTTPClient
    private let version = SharedAnswer<Spoken>()
    private let health = Mutex(Health())

    private struct Spoken: Sendable {
        /// As the engine says in each answer: another value is another engine.
        let engine: String
        let used: DockerVersion
    }

    private struct Health {
        var failures = 0
        var notBefore: ContinuousClock.Instant?
    }

    init(_ address: DockerHost.Manager, of host: DockerHost, http: HTTPClient) {
        self.address = address
        self.host = host
        self.http = http
    }

    /// The request for a call, once it is known which version the engine speaks.
    func request(for call: DockerCall) async throws -> HTTPRequest {
        let spoken = try await version.get { try await negotiate() }
        var request = bare(call.method, "/v\(spoken.used)\(call.target)")
        request.headers.merge(call.headers) { _, given in given }
        request.body = call.body
        if !call.body.isEmpty { request.headers["Content-Type"] = "application/json" }
        request.limits.whole = call.limit
        request.limits.silence = call.silence
        return request
    }

    private func bare(_ method: String, _ target: String) -> HTTPRequest {
        // A manager that is down must not hold up a call that another could take.
        let limits = HTTPLimits(connect: host.managers.count > 1 ? .seconds(3) : .seconds(10), whole: .seconds(10))
        switch address {
        case .socket(let path):
            return HTTPRequest(method, "http://docker\(target)", unixSocket: path, limits: limits)
        case .plain(let name, let port):
            let authority = "\(DockerHost.Manager.bracketed(name)):\(port)"
            return HTTPRequest(method, "http://\(authority)\(target)", limits: limits)
        case .tls(let name, let port):
            let authority = "\(DockerHost.Manager.bracketed(host.certificateName ?? name)):\(port)"
            return HTTPRequest(
                method, "https://\(authority)\(target)", address: host.certificateName == nil ? nil : name,
                limits: limits, tls: host.tls)
        }
    }

    /// Asks the engine which version it speaks, and takes the highest that both do.
    private func negotiate() async throws -> Spoken {
        let answer = try await http.send(bare("GET", "/_ping"))
        guard answer.status == 200, let text = answer.headers["Api-Version"], let engine = DockerVersion(text) else {
            let words = await answer.refusal()
            throw DockerError(
                .unreadable("what answers at \(address) is not Docker: status \(answer.status), \(words.excerpt)"),
                mayHaveArrived: false)
        }
        guard engine >= .oldest else {
            throw DockerError(
                .unreadable(
                    "the Docker Engine at \(address) is too old: it speaks version \(engine) of the API, and "
                        + "\(DockerVersion.oldest) is needed; Docker 20.10 is the oldest that will do"),
                mayHaveArrived: false)
        }
        return Spoken(engine: text, used: min(engine, .newest))
    }

    /// Notes that it answered, and whether it is still the engine that it was.
    func answered(_ headers: HTTPHeaders) {
        health.withLock { $0 = Health() }
        if let text = headers["Api-Version"], let spoken = version.known, spoken.engine != text { version.forget() }
    }

    func forgetVersion() {
        version.forget()
    }

    /// Notes that it is of no use now: others are asked first, for one second and twice as long each time, up to a minute.
    func failed() {
        version.forget()
        health.withLock { health in
            let pause = Duration.seconds(min(60, 1 << min(health.failures, 6)))
            health.failures += 1
            health.notBefore = .now + pause
        }
    }

    /// Whether it failed so short a time ago that others are to be asked first.
    var isResting: Bool {
        health.withLock { $0.notBefore.map { $0 > .now } ?? false }
    }
}

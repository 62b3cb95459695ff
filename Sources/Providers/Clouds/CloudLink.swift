import MultipleSpawner
import Transport

/// Makes calls to a cloud, again and again where that helps. Each of them is one that may be made twice.
struct CloudLink: Sendable {
    let http: HTTPClient
    let pace: CloudPace

    /// The first answer that is one.
    ///
    /// - Parameters:
    ///   - deadline: no attempt begins after it, and none lasts longer.
    ///   - make: the request, made anew for each attempt: it is signed with the time.
    ///   - fault: what the answer says is wrong; `nil`: nothing.
    /// - Throws: `CloudFault`, `CancellationError`, and whatever `make` throws.
    func send(
        until deadline: ContinuousClock.Instant, _ make: () async throws -> HTTPRequest,
        fault: (HTTPResponse) -> CloudFault?
    ) async throws -> HTTPResponse {
        var attempt = 1
        var hasLoss = false
        while true {
            var request = try await make()
            let rest = ContinuousClock.now.duration(to: deadline)
            request.limits = HTTPLimits(
                connect: min(.seconds(10), pace.answer), whole: max(.milliseconds(1), min(rest, pace.answer)))
            request.mostBytes = Self.mostBytes
            var problem: CloudFault
            do {
                let answer = try await http.send(request)
                guard let found = fault(answer) else { return answer }
                problem = found
            } catch let failure as HTTPFailure {
                problem = CloudFault(failure)
            }
            problem.followsLoss = problem.followsLoss || hasLoss
            hasLoss = hasLoss || problem.kind == .broken
            let pause = pace.rest(after: attempt, asked: problem.restAsked)
            guard problem.isWorthRepeating, attempt < pace.attempts else { throw problem }
            guard ContinuousClock.now + pause < deadline else {
                problem.kind = .late
                throw problem
            }
            try await Task.sleep(for: pause)
            attempt += 1
        }
    }

    /// More than any answer that we ask for has.
    static let mostBytes = 16 << 20
}

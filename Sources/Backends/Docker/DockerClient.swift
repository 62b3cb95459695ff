import MultipleSpawner
import Synchronization
public import Transport

/// Speaks to Docker: one engine, or the managers of a swarm in turn.
///
/// - A manager that cannot be reached, or is none any more, is passed over, and asked again later. A call that may have
///   reached a manager goes to the next only if twice is as good as once: GET and DELETE.
/// - The version of the API is agreed upon once with each engine, and again when the engine was replaced.
/// - Time limits are for each engine that is asked.
public final class DockerClient: Sendable {
    public let host: DockerHost
    private let http: HTTPClient
    let managers: [DockerManager]
    /// The manager that answered last.
    private let preferred = Mutex(0)

    public init(host: DockerHost, http: HTTPClient) {
        self.host = host
        self.http = http
        managers = host.managers.map { DockerManager($0, of: host, http: http) }
    }

    /// Makes a call with a whole answer.
    func send(_ call: DockerCall) async throws(DockerError) -> HTTPResponse {
        try await first(call) { [http] in try await http.send($0) }
    }

    /// Makes a call whose answer is a stream.
    func open(_ call: DockerCall) async throws(DockerError) -> HTTPStream {
        try await first(call) { [http] in try await http.open($0) }
    }

    /// The answer of the first manager that gives one.
    private func first<Answer: DockerAnswer>(
        _ call: DockerCall, _ make: (HTTPRequest) async throws -> Answer
    ) async throws(DockerError) -> Answer {
        var failures: [DockerError] = []
        for index in order() {
            let manager = managers[index]
            switch await attempt(call, at: manager, make) {
            case .answered(let answer):
                preferred.withLock { $0 = index }
                return answer
            case .refused(let error):
                throw error
            case .useless(let error):
                manager.failed()
                failures.append(error)
                // Where it may have been done, nobody else is asked to do it.
                guard !error.mayHaveArrived || call.isRepeatable else { throw error }
            }
        }
        throw Self.summary(failures)
    }

    private enum Attempt<Answer: DockerAnswer>: Sendable {
        case answered(Answer)
        /// What it said would be said by any other as well.
        case refused(DockerError)
        /// Another might do.
        case useless(DockerError)
    }

    private func attempt<Answer: DockerAnswer>(
        _ call: DockerCall, at manager: DockerManager, _ make: (HTTPRequest) async throws -> Answer,
        isSecond: Bool = false
    ) async -> Attempt<Answer> {
        let request: HTTPRequest
        do {
            request = try await manager.request(for: call)
        } catch {
            guard !(error is CancellationError) else { return .refused(.cancelled(mayHaveArrived: false)) }
            // Only the version was asked for.
            return .useless(DockerError(error, at: manager.address, of: host, mayHaveArrived: false))
        }
        do {
            let answer = try await make(request)
            manager.answered(answer.headers)
            if (200..<300).contains(answer.status) || answer.status == 304 { return .answered(answer) }
            let error = DockerError.answered(answer.status, await answer.refusal())
            if error.isAboutVersion, !isSecond {
                manager.forgetVersion()
                return await attempt(call, at: manager, make, isSecond: true)
            }
            return error.isNoManager ? .useless(error) : .refused(error)
        } catch is CancellationError {
            return .refused(.cancelled(mayHaveArrived: true))
        } catch {
            let error = DockerError(error, at: manager.address, of: host)
            // Another manager would answer with as much.
            if case .unreadable = error.reason { return .refused(error) }
            return .useless(error)
        }
    }

    /// The managers as they are to be asked: the one that answered last and those after it, then those that failed a
    /// short time ago.
    func order() -> [Int] {
        let first = preferred.withLock(\.self)
        let all = managers.indices.map { ($0 + first) % managers.count }
        let resting = Set(all.filter { managers[$0].isResting })
        return all.filter { !resting.contains($0) } + all.filter(resting.contains)
    }

    private static func summary(_ failures: [DockerError]) -> DockerError {
        if failures.count == 1 { return failures[0] }
        let mayHaveArrived = failures.contains(where: \.mayHaveArrived)
        // Of engines that answer, one says why; that others are down is not what is wrong.
        if let answered = failures.first(where: { $0.status != nil }) {
            return DockerError(answered.reason, mayHaveArrived: mayHaveArrived)
        }
        let words = failures.map(\.message).joined(separator: "; ")
        let areLate = failures.allSatisfy { if case .timedOut = $0.reason { true } else { false } }
        return DockerError(areLate ? .timedOut(words) : .unreachable(words), mayHaveArrived: mayHaveArrived)
    }
}

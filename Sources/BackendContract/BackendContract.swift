public import MultipleSpawner

/// The promises of a backend, as checks that any backend can be held to: ours, or a stranger's.
///
/// Each promise is checked on its own, with sessions of its own, which are stopped again whatever is found.
///
/// ```swift
/// let contract = BackendContract(backend) { scenario, id in try plan(for: scenario, id) }
/// let failures = await contract.check().filter { $0.level == .failed }
/// ```
public struct BackendContract: Sendable {
    /// What a check needs a session to do.
    public enum Scenario: Sendable, Hashable {
        /// It starts, answers and runs until it is stopped.
        case plain
        /// Its start fails.
        case failing
        /// Its start takes about a second after the first checkpoint, or until the server answers.
        case slow
        /// It ends by itself with this status, soon after it started.
        case ending(status: Int32)
        /// It runs, and cannot be asked about.
        case unreachable
    }

    /// The backend that is checked.
    public let backend: any Backend

    /// How long anything may take that should take a moment.
    public var patience: Duration = .seconds(20)

    let restart: @Sendable () async throws -> any Backend
    let makePlan: @Sendable (Scenario, SessionID) throws -> SessionPlan?

    /// - Parameters:
    ///   - restarted: The same backend as a restarted daemon would have it, without the memory of the first. Where it
    ///     is not given, the first one takes its place, and what is promised over a restart is hardly checked.
    ///   - makePlan: A plan with this id that makes the session behave so; `nil` where that cannot be arranged.
    public init(
        _ backend: any Backend, restarted: (@Sendable () async throws -> any Backend)? = nil,
        makePlan: @escaping @Sendable (Scenario, SessionID) throws -> SessionPlan?
    ) {
        self.backend = backend
        self.restart = restarted ?? { backend }
        self.makePlan = makePlan
    }

    /// Every promise, one after another.
    public func check() async -> [Finding] {
        var findings: [Finding] = []
        for promise in Promise.allCases { findings.append(await check(promise)) }
        return findings
    }

    /// One promise: `ok`, `failed` with what was seen, or `warning` where it could not be checked.
    public func check(_ promise: Promise) async -> Finding {
        let subject = "\(backend.kind.rawValue): \(promise.rawValue)"
        do {
            try await perform(promise)
            return Finding(.ok, subject, promise.meaning)
        } catch let violation as Violation {
            return Finding(.failed, subject, violation.message)
        } catch is NotArranged {
            return Finding(.warning, subject, "not checked: no plan was given for it")
        } catch {
            return Finding(.failed, subject, "the check ended with an error: \(error)")
        }
    }

    private func perform(_ promise: Promise) async throws {
        switch promise {
        case .options: try checkOptions()
        case .handle: try await checkHandle()
        case .checkpoint: try await checkCheckpoint()
        case .refusedCheckpoint: try await checkRefusedCheckpoint()
        case .failure: try await checkFailure()
        case .cancellation: try await checkCancellation()
        case .answer: try await checkAnswer()
        case .poll: try await checkPoll()
        case .unknownIsNotDead: try await checkUnknownIsNotDead()
        case .end: try await checkEnd()
        case .stop: try await checkStop()
        case .stopDuringStart: try await checkStopDuringStart()
        case .separation: try await checkSeparation()
        case .restart: try await checkRestart()
        case .census: try await checkCensus()
        case .logs: try await checkLogs()
        case .originals: try await checkOriginals()
        }
    }
}

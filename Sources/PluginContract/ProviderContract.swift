public import MultipleSpawner

/// The promises of a provider, as checks that any provider can be held to: ours, or a stranger's.
///
/// Each promise is checked on its own, with machines of its own, which are given back again whatever is found. So it makes
/// some dozen machines, two at once at most.
///
/// ```swift
/// let contract = ProviderContract(provider) { token, session in request(token, session) }
/// let failures = await contract.check().filter { $0.level == .failed }
/// ```
public struct ProviderContract: Sendable {
    /// The provider that is checked.
    public let provider: any Provider

    let restart: @Sendable () async throws -> any Provider
    let makeRequest: @Sendable (MachineToken, SessionID) throws -> MachineRequest

    /// - Parameters:
    ///   - restarted: The same provider as a restarted daemon would have it, without the memory of the first. Where it is
    ///     not given, the first one takes its place, and what is promised over a restart is hardly checked.
    ///   - makeRequest: A request for a machine that there is, with this token.
    public init(
        _ provider: any Provider, restarted: (@Sendable () async throws -> any Provider)? = nil,
        makeRequest: @escaping @Sendable (MachineToken, SessionID) throws -> MachineRequest
    ) {
        self.provider = provider
        self.restart = restarted ?? { provider }
        self.makeRequest = makeRequest
    }

    /// Every promise, one after another.
    public func check() async -> [Finding] {
        var findings: [Finding] = []
        for promise in ProviderPromise.allCases { findings.append(await check(promise)) }
        return findings
    }

    /// One promise: `ok`, `failed` with what was seen, or `warning` where it could not be checked.
    public func check(_ promise: ProviderPromise) async -> Finding {
        await Finding.of("\(provider.kind.rawValue): \(promise.rawValue)", promise.meaning) {
            switch promise {
            case .lease: try await checkLease()
            case .sameToken: try await checkSameToken()
            case .refusedCheckpoint: try await checkRefusedCheckpoint()
            case .cancellation: try await checkCancellation()
            case .census: try await checkCensus()
            case .release: try await checkRelease()
            case .anyLease: try await checkAnyLease()
            case .neverMade: try await checkNeverMade()
            case .separation: try await checkSeparation()
            case .off: try await checkOff()
            case .restart: try await checkRestart()
            case .unreadable: try await checkUnreadable()
            case .availability: try await checkAvailability()
            }
        }
    }
}

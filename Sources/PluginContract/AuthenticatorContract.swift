public import MultipleSpawner

/// The promises of an authenticator, as checks that any authenticator can be held to.
public struct AuthenticatorContract: Sendable {
    public enum Promise: String, Sendable, Hashable, CaseIterable {
        case grant, again, cleanup
        case refusedCheckpoint = "refused-checkpoint"

        /// The promise in one sentence.
        public var meaning: String {
            switch self {
            case .grant: "a grant is handed over, names its authenticator, and holds no password"
            case .again: "asked again for the same session it makes the same way"
            case .cleanup: "any grant that was ever handed over closes the way, twice"
            case .refusedCheckpoint: "a way whose grant cannot be written down is not made"
            }
        }
    }

    public let authenticator: any Authenticator
    let makeRequest: @Sendable (SessionID) throws -> AccessRequest

    /// - Parameter makeRequest: A request that can be met, for this session.
    public init(
        _ authenticator: any Authenticator, makeRequest: @escaping @Sendable (SessionID) throws -> AccessRequest
    ) {
        self.authenticator = authenticator
        self.makeRequest = makeRequest
    }

    /// Every promise, one after another.
    public func check() async -> [Finding] {
        var findings: [Finding] = []
        for promise in Promise.allCases { findings.append(await check(promise)) }
        return findings
    }

    /// One promise: `ok`, `failed` with what was seen, or `warning` where it could not be checked.
    public func check(_ promise: Promise) async -> Finding {
        await Finding.of("\(authenticator.kind.rawValue): \(promise.rawValue)", promise.meaning) {
            let request = try makeRequest(try SessionID("contract-\(UInt64.random(in: 0 ... .max))"))
            switch promise {
            case .grant: try await checkGrant(request)
            case .again: try await checkAgain(request)
            case .cleanup: try await checkCleanup(request)
            case .refusedCheckpoint: try await checkRefusedCheckpoint(request)
            }
        }
    }

    private func prepare(_ request: AccessRequest, _ saved: Saved<any Authenticator>) async throws -> Credentials {
        try await authenticator.prepare(request, checkpoint: GrantCheckpoint(save: { try await saved.save($0) }))
    }

    private func cleanup(_ saved: Saved<any Authenticator>) async throws {
        for grant in Set(saved.all) { try await authenticator.cleanup(grant) }
    }

    private func checkGrant(_ request: AccessRequest) async throws {
        let saved = Saved<any Authenticator>()
        let credentials = try await prepare(request, saved)
        guard !saved.all.isEmpty else { throw Violation("a way was made without a grant: it could never be closed") }
        guard saved.all.allSatisfy({ $0.kind == authenticator.kind && $0.version >= 1 }) else {
            throw Violation("a grant names another authenticator")
        }
        if let password = credentials.password?.reveal(), password.utf8.count >= 4,
            saved.all.contains(where: { $0.payload.contains(password) })
        {
            throw Violation("a grant holds the password")
        }
        try await cleanup(saved)
    }

    private func checkAgain(_ request: AccessRequest) async throws {
        let saved = Saved<any Authenticator>()
        let first = try await prepare(request, saved)
        let again = try await prepare(request, saved)
        guard first.account == again.account, first.keyFile == again.keyFile else {
            throw Violation("asked again it named another account or key")
        }
        try await cleanup(saved)
    }

    private func checkCleanup(_ request: AccessRequest) async throws {
        let saved = Saved<any Authenticator>()
        _ = try await prepare(request, saved)
        for time in ["once", "twice"] {
            do {
                try await cleanup(saved)
            } catch {
                throw Violation("closing the way \(time) was an error: \(error)")
            }
        }
    }

    private func checkRefusedCheckpoint(_ request: AccessRequest) async throws {
        do {
            _ = try await prepare(request, Saved(refusesAt: 1))
        } catch is SpawnError {
            return
        }
        throw Violation("it went on although its grant could not be written down")
    }
}

import MultipleSpawner
import Synchronization
import Transport

/// Finds credentials where AWS's own programs do: a profile that is named, the environment, the usual profile, the
/// program of a profile, the machine that this runs on.
///
/// They are looked for again a minute later, and at once when they were refused: whoever renews them starts nothing anew.
final class AWSCredentialSource: Sendable {
    private struct Known {
        let credentials: Result<AWSCredentials, any Error>
        let until: ContinuousClock.Instant
    }

    private let profile: String?
    private let environment: [String: String]
    private let http: HTTPClient
    private let known = Mutex<Known?>(nil)

    /// - Parameter profile: of the options; `nil`: the environment says it.
    init(profile: String?, environment: [String: String], http: HTTPClient) {
        self.profile = profile
        self.environment = environment
        self.http = http
    }

    /// - Throws: `unauthorized` that says where they were looked for.
    func current() async throws -> AWSCredentials {
        if let known = known.withLock(\.self), known.until > .now { return try known.credentials.get() }
        do {
            let found = try await find()
            // Five minutes before they end the cloud has new ones.
            let rest = found.expires.map { Duration.seconds($0 - CloudLease.now - 300) } ?? .seconds(60)
            keep(.success(found), for: max(.seconds(1), min(rest, .seconds(60))))
            return found
        } catch let error as SpawnError {
            // Whoever only wants to know whether there are any need not wait for the same answer again and again.
            keep(.failure(error), for: .seconds(5))
            throw error
        }
    }

    private func keep(_ credentials: Result<AWSCredentials, any Error>, for time: Duration) {
        known.withLock { $0 = Known(credentials: credentials, until: .now + time) }
    }

    /// They were refused.
    func forget() {
        known.withLock { $0 = nil }
    }

    /// The region that environment or profile says.
    func region() async throws(SpawnError) -> String? {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let region = variable(named: name) { return region }
        }
        return try await AWSProfile(usualProfile, environment: environment).settings?["region"]
    }

    private var usualProfile: String { profile ?? variable(named: "AWS_PROFILE") ?? "default" }

    private func variable(named name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private func find() async throws -> AWSCredentials {
        if profile == nil, let key = variable(named: "AWS_ACCESS_KEY_ID"),
            let secret = variable(named: "AWS_SECRET_ACCESS_KEY")
        {
            let token = variable(named: "AWS_SESSION_TOKEN").map { Secret($0) }
            return AWSCredentials(accessKey: key, secretKey: Secret(secret), sessionToken: token)
        }
        let usual = try await AWSProfile(usualProfile, environment: environment)
        if let keys = usual.keys { return keys }
        if let command = usual.settings?["credential_process"] {
            return try await AWSCredentialProgram(command: command, environment: environment).credentials()
        }
        let isNamed = profile != nil || variable(named: "AWS_PROFILE") != nil
        guard !isNamed, variable(named: "AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else { throw usual.lack }
        do {
            return try await AWSMachineRole(environment: environment, http: http).credentials()
        } catch let error as SpawnError {
            throw SpawnError(
                .unauthorized,
                "there are no credentials for EC2: none in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "
                    + "\(usual.lack.message); \(error.message)")
        }
    }
}

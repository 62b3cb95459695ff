import MultipleSpawner

/// What the usual two files say under one name.
struct AWSProfile: Sendable {
    let name: String
    /// Of the file of credentials and of the configuration, the first going before the second; `nil`: neither has it.
    let settings: [String: String]?
    private let paths: [String]

    /// Reads `~/.aws/credentials` and `~/.aws/config`, or what AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name.
    init(_ name: String, environment: [String: String]) async throws(SpawnError) {
        self.name = name
        let credentials = Self.path("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", environment)
        let configuration = Self.path("AWS_CONFIG_FILE", "~/.aws/config", environment)
        paths = [credentials, configuration]
        var found: [String: String]?
        if let bytes = try await PlainFile.read(configuration) {
            let file = ProfileFile(bytes)
            found = file["profile \(name)"] ?? (name == "default" ? file[name] : nil)
        }
        if let bytes = try await PlainFile.read(credentials), let settings = ProfileFile(bytes)[name] {
            found = (found ?? [:]).merging(settings) { $1 }
        }
        settings = found
    }

    private static func path(_ variable: String, _ usual: String, _ environment: [String: String]) -> String {
        let named = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
        return PlainFile.expand(named ?? usual, environment)
    }

    /// What is said where the profile has no keys.
    var lack: SpawnError {
        let files = paths.map { "'\($0.excerpt)'" }.joined(separator: " and ")
        guard settings != nil else {
            return SpawnError(
                .unauthorized, "there is no profile '\(name.excerpt)' in \(files); make one, or name another")
        }
        return SpawnError(
            .unauthorized,
            "the profile '\(name.excerpt)' in \(files) has no aws_access_key_id with aws_secret_access_key and no "
                + "credential_process; roles and single sign-on are not followed here")
    }

    var keys: AWSCredentials? {
        guard let key = settings?["aws_access_key_id"], let secret = settings?["aws_secret_access_key"], !key.isEmpty,
            !secret.isEmpty
        else { return nil }
        let token = settings?["aws_session_token"].flatMap { $0.isEmpty ? nil : Secret($0) }
        return AWSCredentials(accessKey: key, secretKey: Secret(secret), sessionToken: token)
    }
}

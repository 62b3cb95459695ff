import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Credentials as programs and machines answer with them, in JSON.
struct AWSCredentialAnswer: Decodable {
    private enum CodingKeys: String, CodingKey {
        case accessKey = "AccessKeyId"
        case secretKey = "SecretAccessKey"
        /// A program's name for it.
        case sessionToken = "SessionToken"
        /// A machine's name for it.
        case token = "Token"
        case expiration = "Expiration"
    }

    private let accessKey: String
    private let secretKey: String
    private let sessionToken: String?
    private let token: String?
    private let expiration: String?

    /// - Throws: `unauthorized`; what the decoder says may quote a secret and is left out.
    static func read(_ bytes: [UInt8], from source: String) throws(SpawnError) -> AWSCredentials {
        guard let answer = try? JSONDecoder().decode(Self.self, from: Data(bytes)), !answer.accessKey.isEmpty,
            !answer.secretKey.isEmpty
        else {
            throw SpawnError(
                .unauthorized, "\(source) gives no AccessKeyId with SecretAccessKey; look at what it answers")
        }
        return AWSCredentials(
            accessKey: answer.accessKey, secretKey: Secret(answer.secretKey),
            sessionToken: (answer.sessionToken ?? answer.token).map { Secret($0) },
            expires: answer.expiration.flatMap { CalendarTime(extended: $0)?.seconds })
    }
}

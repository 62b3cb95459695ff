import Crypto
import CryptoExtras
import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Oracle's signature of requests, version 1: RSA and SHA-256 over the date, the target, the host and what is sent.
///
/// Source: Oracle's documentation, "Request Signatures", which builds on `draft-cavage-http-signatures-08`.
struct OCISignature: Sendable {
    let identity: OCIIdentity
    /// As the header `Date` has it.
    let date: String

    /// The headers that make a request of ours one.
    ///
    /// - Parameters:
    ///   - target: the path and the query, as they are sent.
    ///   - body: `nil` for a method that has none.
    func headers(method: String, target: String, host: String, body: [UInt8]?) throws -> [String: Secret] {
        var lines = [
            ("date", date), ("(request-target)", "\(method.lowercased()) \(target)"), ("host", host),
        ]
        var headers = ["date": Secret(date)]
        if let body {
            let digest = Data(SHA256.hash(data: body)).base64EncodedString()
            lines += [
                ("content-length", String(body.count)), ("content-type", "application/json"),
                ("x-content-sha256", digest),
            ]
            headers["content-type"] = "application/json"
            headers["x-content-sha256"] = Secret(digest)
        }
        let text = lines.map { "\($0.0): \($0.1)" }.joined(separator: "\n")
        let signature = try identity.key.signature(for: Data(text.utf8), padding: .insecurePKCS1v1_5)
        headers["authorization"] = Secret(
            "Signature version=\"1\",headers=\"\(lines.map(\.0).joined(separator: " "))\",keyId=\"\(identity.keyID)\","
                + "algorithm=\"rsa-sha256\",signature=\"\(signature.rawRepresentation.base64EncodedString())\"")
        return headers
    }
}

import Crypto
import MultipleSpawner

/// AWS's Signature Version 4: a hash of the request under a key that holds for a day, a region and a service.
///
/// Source: the IAM user guide, "Create a signed AWS API request".
struct SignatureV4: Sendable {
    var credentials: AWSCredentials
    var region: String
    var service: String
    var time: CalendarTime

    /// A request as it is signed. Paths and queries are given decoded.
    struct Request: Sendable {
        var method: String
        var path = "/"
        var query: [(name: String, value: String)] = []
        /// Names in lower case; `host` is among them.
        var headers: [String: String]
        var body: [UInt8] = []
    }

    /// The value of the header `Authorization`.
    func authorization(for request: Request) -> Secret {
        let names = request.headers.keys.sorted().joined(separator: ";")
        let credential = "\(credentials.accessKey)/\(scope)"
        return Secret(
            "AWS4-HMAC-SHA256 Credential=\(credential), SignedHeaders=\(names), Signature=\(signature(of: request))")
    }

    func signature(of request: Request) -> String {
        let text = "AWS4-HMAC-SHA256\n\(time.basic)\n\(scope)\n\(Self.digest(canonical(request)))"
        return Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)).hexadecimal
    }

    func canonical(_ request: Request) -> String {
        let path = request.path.split(separator: "/", omittingEmptySubsequences: false)
            .map { String($0).percentEncoded }.joined(separator: "/")
        let query = request.query.map { ($0.name.percentEncoded, $0.value.percentEncoded) }
            .sorted { $0 < $1 }.map { "\($0)=\($1)" }.joined(separator: "&")
        let names = request.headers.keys.sorted()
        let headers = names.map { "\($0):\(Self.folded(request.headers[$0] ?? ""))\n" }.joined()
        return [
            request.method, path, query, headers, names.joined(separator: ";"),
            Array(SHA256.hash(data: request.body)).hexadecimal,
        ].joined(separator: "\n")
    }

    private var scope: String { "\(time.date)/\(region)/\(service)/aws4_request" }

    private var key: SymmetricKey {
        var key = SymmetricKey(data: Array("AWS4\(credentials.secretKey.reveal())".utf8))
        for part in [time.date, region, service, "aws4_request"] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        return key
    }

    /// Without blanks at its ends, and with one where there are several.
    private static func folded(_ value: String) -> String {
        value.split(separator: " ").joined(separator: " ")
    }

    private static func digest(_ text: String) -> String { Array(SHA256.hash(data: Array(text.utf8))).hexadecimal }
}

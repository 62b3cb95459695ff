import MultipleSpawner
import Transport

/// The role of the EC2 machine that this runs on, from its metadata service, version 2 alone.
struct AWSMachineRole: Sendable {
    let environment: [String: String]
    let http: HTTPClient

    private static let limits = HTTPLimits(connect: .seconds(1), whole: .seconds(3))
    private static let path = "/latest/meta-data/iam/security-credentials/"

    /// - Throws: `unauthorized` where this machine has none.
    func credentials() async throws -> AWSCredentials {
        let session = try await ask("PUT", "/latest/api/token", ["X-aws-ec2-metadata-token-ttl-seconds": "300"])
        let headers = ["X-aws-ec2-metadata-token": Secret(String(decoding: session, as: UTF8.self))]
        let names = try await ask("GET", Self.path, headers)
        let name =
            String(decoding: names, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard !name.isEmpty else { throw SpawnError(.unauthorized, "this machine has no role") }
        return try AWSCredentialAnswer.read(
            await ask("GET", Self.path + name.percentEncoded, headers), from: "this machine's role")
    }

    private func ask(_ method: String, _ path: String, _ headers: [String: Secret]) async throws -> [UInt8] {
        // Link-local and without TLS: that is what this service is.
        let base = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 }
        var url = base ?? "http://169.254.169.254"
        while url.hasSuffix("/") { url.removeLast() }
        let request = HTTPRequest(method, url + path, headers: headers, limits: Self.limits, mostBytes: 64 << 10)
        do {
            let answer = try await http.send(request)
            guard answer.status == 200 else {
                throw SpawnError(.unauthorized, "this machine has no role (status \(answer.status))")
            }
            return answer.body
        } catch let failure as HTTPFailure {
            throw SpawnError(.unauthorized, "this is no machine of EC2 with a role", cause: failure)
        }
    }
}

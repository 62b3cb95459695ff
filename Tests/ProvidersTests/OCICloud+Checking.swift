import Crypto
import CryptoExtras
import Foundation
import ScriptedServer

@testable import Providers

extension OCICloud {
    static func query(of request: Request) -> [String: String] {
        let text = request.target.drop { $0 != "?" }.dropFirst()
        return text.split(separator: "&").reduce(into: [:]) { found, pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            found[parts[0].removingPercentEncoding ?? ""] = parts.count > 1 ? parts[1].removingPercentEncoding : ""
        }
    }

    /// What Oracle would refuse the request for.
    func complaint(about request: Request) -> String? {
        guard request.path.hasPrefix("/20160918/") else { return "another version" }
        guard let given = request.headers["authorization"],
            let found = given.wholeMatch(
                of: /Signature version="1",headers="([^"]+)",keyId="([^"]+)",algorithm="rsa-sha256",signature="([^"]+)"/
            )
        else { return "no signature" }
        guard found.2 == "ocid1.tenancy.oc1..t/ocid1.user.oc1..u/aa:bb:cc" else { return "another key" }
        let hasBody = ["POST", "PUT"].contains(request.method)
        let needed = "date (request-target) host" + (hasBody ? " content-length content-type x-content-sha256" : "")
        guard found.1 == needed else { return "not all is signed" }
        if hasBody {
            let digest = Data(SHA256.hash(data: request.body)).base64EncodedString()
            guard request.headers["x-content-sha256"] == digest else { return "another body" }
            guard request.headers["content-type"] == "application/json" else { return "another type" }
        }
        let lines = found.1.split(separator: " ").map { name -> String in
            name == "(request-target)"
                ? "\(name): \(request.method.lowercased()) \(request.target)"
                : "\(name): \(request.headers[String(name)] ?? "")"
        }
        guard let signature = Data(base64Encoded: String(found.3)) else { return "a signature that is none" }
        let isRight = publicKey.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature), for: Data(lines.joined(separator: "\n").utf8),
            padding: .insecurePKCS1v1_5)
        guard isRight else { return "a signature of something else" }
        guard let date = request.headers["date"],
            [-1, 0, 1, 2].contains(where: { shift in
                CalendarTime(CloudLease.now - shift).http == date
            })
        else { return "another time" }
        return nil
    }
}

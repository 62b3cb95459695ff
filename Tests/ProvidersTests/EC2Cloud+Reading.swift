import Foundation
import MultipleSpawner
import ScriptedServer

@testable import Providers

extension EC2Cloud {
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    static func tags(_ given: [String: String], _ prefix: String) -> [String: String] {
        var tags: [String: String] = [:]
        var number = 1
        while let key = given["\(prefix).\(number).Key"] {
            tags[key] = given["\(prefix).\(number).Value"]
            number += 1
        }
        return tags
    }

    static func parameters(_ body: String) -> [String: String] {
        body.split(separator: "&").reduce(into: [:]) { found, pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            found[String(parts[0]).removingPercentEncoding ?? ""] =
                parts.count > 1 ? String(parts[1]).removingPercentEncoding : ""
        }
    }

    /// Whether the signature is that of the request as it arrived.
    static func isSigned(_ request: Request) -> Bool {
        guard let given = request.headers["authorization"], let stamp = request.headers["x-amz-date"],
            let names = given.firstMatch(of: /SignedHeaders=([^,]+)/)?.1
        else { return false }
        var headers: [String: String] = [:]
        for name in names.split(separator: ";") { headers[String(name)] = request.headers[String(name)] ?? "" }
        guard headers["host"] != nil, headers["x-amz-date"] != nil else { return false }
        let text = "\(stamp.prefix(4))-\(stamp.dropFirst(4).prefix(2))-\(stamp.dropFirst(6).prefix(2))T"
        let clock = stamp.dropFirst(9)
        let moment = CalendarTime(
            extended: text + "\(clock.prefix(2)):\(clock.dropFirst(2).prefix(2)):\(clock.dropFirst(4).prefix(2))Z")
        guard let moment, abs(moment.seconds - CloudLease.now) < 300 else { return false }
        let key = String(given.firstMatch(of: /Credential=([^\/]+)/)?.1 ?? "")
        let signature = SignatureV4(
            credentials: AWSCredentials(accessKey: key, secretKey: secret, sessionToken: nil, expires: nil),
            region: "eu-north-1", service: "ec2", time: moment)
        let signed = SignatureV4.Request(method: "POST", path: request.path, headers: headers, body: request.body)
        return given == signature.authorization(for: signed).reveal()
    }
}

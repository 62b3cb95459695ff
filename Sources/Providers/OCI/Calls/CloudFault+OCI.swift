import MultipleSpawner
import Transport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension CloudFault {
    private struct Answer: Decodable {
        let code: String?
        let message: String?
    }

    /// What an answer of Oracle's cloud says is wrong; `nil`: nothing.
    init?(oci answer: HTTPResponse) {
        guard !(200..<300).contains(answer.status) else { return nil }
        let said = try? JSONDecoder().decode(Answer.self, from: Data(answer.body))
        let code = said?.code ?? ""
        let message = said?.message ?? ""
        let rest = answer.headers["Retry-After"].flatMap { Int($0) }.map { Duration.seconds(max(0, min($0, 600))) }
        self.init(
            Self.kind(ofOCI: code, message, status: answer.status), status: answer.status, code: code, message: message,
            restAsked: rest)
    }

    private static func kind(ofOCI code: String, _ message: String, status: Int) -> Kind {
        switch code {
        // It says so as if something were broken.
        case _ where message.lowercased().contains("out of host capacity"): return .capacity
        case "LimitExceeded", "QuotaExceeded", "OutOfCapacity", "OutOfHostCapacity": return .capacity
        case "TooManyRequests": return .throttled
        case "NotAuthenticated", "SignUpRequired": return .unauthorized
        case "NotAllowed", "NotAuthorized", "Forbidden": return .forbidden
        case "NotAuthorizedOrNotFound", "NotFound": return .notFound
        case "InvalidatedRetryToken", "InvalidRetryToken": return .tokenUsed
        case "IncorrectState", "Conflict", "NotAuthorizedOrResourceAlreadyExists": return .wrongState
        default: break
        }
        return switch status {
        case 429: .throttled
        case 500...: .broken
        case 401: .unauthorized
        case 403: .forbidden
        case 404: .notFound
        case 409: .wrongState
        default: .refused
        }
    }
}

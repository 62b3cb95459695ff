import MultipleSpawner
import Transport

extension CloudFault {
    /// What an answer of EC2 says is wrong; `nil`: nothing.
    init?(ec2 answer: HTTPResponse) {
        guard !(200..<300).contains(answer.status) else { return nil }
        let error = (try? XMLReader.read(answer.body)).flatMap { root in
            // Most services put it in a list; some do not.
            root["Errors"]?["Error"] ?? root["Error"]
        }
        let code = error?.value("Code") ?? ""
        var message = error?.value("Message") ?? ""
        // Thousands of characters that only AWS can read.
        if let range = message.firstRange(of: "Encoded authorization failure message") {
            message = String(message[..<range.lowerBound])
        }
        let rest = answer.headers["Retry-After"].flatMap { Int($0) }.map { Duration.seconds(max(0, min($0, 600))) }
        self.init(
            Self.kind(ofEC2: code, status: answer.status), status: answer.status, code: code, message: message,
            restAsked: rest)
    }

    private static func kind(ofEC2 code: String, status: Int) -> Kind {
        switch code {
        case "RequestLimitExceeded", "Throttling", "ThrottlingException", "RequestThrottled",
            "RequestThrottledException", "EC2ThrottledException", "TooManyRequestsException", "SlowDown":
            return .throttled
        case "InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable", "RequestTimeout":
            return .broken
        case "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientReservedInstanceCapacity",
            "InsufficientCapacity", "InsufficientAddressCapacity", "InsufficientFreeAddressesInSubnet",
            "InstanceLimitExceeded", "VcpuLimitExceeded", "AddressLimitExceeded", "VolumeLimitExceeded",
            "NetworkInterfaceLimitExceeded", "MaxIOPSLimitExceeded":
            return .capacity
        case "AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "IncompleteSignature", "ExpiredToken",
            "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed", "MissingAuthenticationToken",
            "UnrecognizedClientException", "InvalidAccessKeyId":
            return .unauthorized
        case "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "OptInRequired", "Blocked",
            "PendingVerification":
            return .forbidden
        case "InvalidInstanceID.NotFound": return .notFound
        case "IncorrectInstanceState", "IncorrectState": return .wrongState
        case "IdempotentParameterMismatch", "IdempotentInstanceTerminated": return .tokenUsed
        default: break
        }
        return switch status {
        case 429: .throttled
        case 500...: .broken
        case 401: .unauthorized
        case 403: .forbidden
        default: .refused
        }
    }
}

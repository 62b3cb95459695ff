import Glibc
import MultipleSpawner
import Transport

extension DockerError {
    /// What broke while the body of a stream from Docker was read.
    public init(reading error: any Error, from host: DockerHost) {
        switch error {
        case let error as DockerError: self = error
        case is CancellationError: self = .cancelled(mayHaveArrived: true)
        case let failure as HTTPFailure where failure.kind == .timedOut:
            self.init(.timedOut("Docker at \(host) said nothing more: \(failure)"), mayHaveArrived: true)
        default:
            self.init(.unreachable("the connection to Docker at \(host) broke: \(error)"), mayHaveArrived: true)
        }
    }

    /// What kept a call from being answered. `mayHaveArrived`, where it is known better than the transport can.
    init(
        _ error: any Error, at address: DockerHost.Manager, of host: DockerHost, mayHaveArrived: Bool? = nil
    ) {
        switch error {
        case let error as DockerError:
            self = error
        case let failure as HTTPFailure:
            self.init(
                Self.reason(failure, at: address, of: host), mayHaveArrived: mayHaveArrived ?? failure.mayHaveArrived)
        default:
            self.init(.unreachable("cannot reach Docker at \(address): \(error)"), mayHaveArrived: true)
        }
    }

    private static func reason(_ failure: HTTPFailure, at address: DockerHost.Manager, of host: DockerHost) -> Reason {
        switch failure.kind {
        case .cannotConnect: .unreachable("cannot reach Docker at \(address): \(cause(failure, at: address))")
        case .timedOut: .timedOut("Docker at \(address) does not answer: \(failure)")
        case .tls: .unreachable("no safe connection to Docker at \(address): \(doubt(failure, host))")
        case .connectionLost:
            .unreachable(
                "the connection to Docker at \(address) broke before the answer was there: \(failure)"
                    + objection(at: address, host))
        case .tooLarge: .unreadable("the answer of Docker at \(address) is not read: \(failure)")
        case .malformed: .unreadable("what goes to or comes from \(address) is not understood: \(failure)")
        }
    }

    private static func cause(_ failure: HTTPFailure, at address: DockerHost.Manager) -> String {
        let elsewhere = "'docker_host' or DOCKER_HOST says where else it is"
        guard case .socket = address else {
            guard failure.errorNumber != 0 else { return failure.message }
            return "\(SystemError(number: failure.errorNumber)); does dockerd listen there? \(elsewhere)"
        }
        switch failure.errorNumber {
        case ENOENT: return "no such file; is dockerd running? \(elsewhere)"
        case ECONNREFUSED: return "nobody listens there; is dockerd running? \(elsewhere)"
        case EACCES, EPERM:
            return "permission denied; the account that this runs as must be in the group 'docker', or whichever group "
                + "has that socket"
        case 0: return failure.message
        default: return "\(SystemError(number: failure.errorNumber))"
        }
    }

    /// An engine that does not believe a client hangs up when the client has said all, and gives no reason.
    private static func objection(at address: DockerHost.Manager, _ host: DockerHost) -> String {
        guard case .tls = address else { return "" }
        guard let certificate = host.tls.certificate else {
            return "; it may want a client's certificate, and 'docker_tls' or 'tls_config' names none"
        }
        return "; it may not believe the client's certificate '\(certificate)'"
    }

    private static func doubt(_ failure: HTTPFailure, _ host: DockerHost) -> String {
        for file in [host.tls.authority, host.tls.certificate, host.tls.key].compactMap(\.self)
        where access(file, R_OK) != 0 {
            return "'\(file)' cannot be read: \(SystemError.last)"
        }
        return "\(failure); its certificate must come from the authority in 'ca_cert' (ca.pem) and bear the host's name"
    }
}

extension DockerError {
    /// The engine does not speak the version that was agreed upon: it was replaced since. Nothing was done.
    var isAboutVersion: Bool {
        guard case .answered(400, let message) = reason else { return false }
        return message.contains("client version") && message.contains("API version")
    }

    /// The engine is no manager, or not any more. Nothing was done.
    var isNoManager: Bool {
        guard case .answered(let status, let message) = reason, status == 503 || status == 406 else { return false }
        return message.contains("not a swarm manager")
    }

    static func cancelled(mayHaveArrived: Bool) -> DockerError {
        DockerError(.cancelled, mayHaveArrived: mayHaveArrived)
    }
}

import FoundationEssentials
import MultipleSpawner

/// A session as every answer shows it.
struct SessionView: Encodable {
    let record: SessionRecord

    init(_ record: SessionRecord) {
        self.record = record
    }

    private enum Key: String, CodingKey {
        case id, hub, user, server, state, step, reason, url, template, deployment, provider, backend, created, started
        case expires, error
        case resourceType = "resource_type"
        case resourceSpecification = "resource_specification"
        case exitCode = "exit_code"
        case savedState = "saved_state"
    }

    private struct Failure: Encodable {
        let code: String
        let message: String
        let details: [String]
        let retry: Bool
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(record.id.rawValue, forKey: .id)
        try container.encode(record.identity.hub, forKey: .hub)
        try container.encode(record.identity.user, forKey: .user)
        try container.encode(record.identity.server, forKey: .server)
        try container.encode(record.lifecycle.phase.name, forKey: .state)
        try container.encode(step, forKey: .step)
        try container.encode(reason?.name, forKey: .reason)
        try container.encode(endpoint?.url, forKey: .url)
        try container.encode(record.template, forKey: .template)
        try container.encode(record.deployment, forKey: .deployment)
        try container.encode(record.provider, forKey: .provider)
        try container.encode(record.resourceType.rawValue, forKey: .resourceType)
        try container.encode(record.resources, forKey: .resourceSpecification)
        try container.encode(record.backend.rawValue, forKey: .backend)
        try container.encode(record.created, forKey: .created)
        try container.encode(record.started, forKey: .started)
        try container.encode(record.expires, forKey: .expires)
        try container.encode(exitCode, forKey: .exitCode)
        try container.encode(failure, forKey: .error)
        try container.encode(SavedState(record), forKey: .savedState)
    }

    private var step: String? {
        guard case .starting(let step) = record.lifecycle.phase else { return nil }
        return step.rawValue
    }

    private var endpoint: Endpoint? {
        guard case .running(let endpoint) = record.lifecycle.phase else { return nil }
        return endpoint
    }

    private var reason: StopReason? {
        switch record.lifecycle.phase {
        case .stopping(let reason), .stopped(let reason): reason
        default: nil
        }
    }

    private var exitCode: Int32? {
        guard case .exited(let code)? = reason else { return nil }
        return code
    }

    private var failure: Failure? {
        let failure: SessionFailure
        switch record.lifecycle.phase {
        case .failed(let known), .stopping(.failed(let known)): failure = known
        default: return nil
        }
        return Failure(
            code: failure.code, message: failure.message, details: failure.details,
            retry: failure.error.code.isWorthRetrying)
    }
}

import FoundationEssentials
import MultipleSpawner

/// What the status page tells: the sessions, what is in force, and why a newer version of the files is not.
struct StatusReport: Sendable {
    struct Session: Sendable {
        let user: String
        let server: String
        let state: String
        let template: String
        let provider: String
        let resourceType: String
        let memory: String
        let cpu: String
        let started: String
        let expires: String
        /// Why it failed; `nil` when it did not.
        let failure: String?
    }

    struct Template: Sendable {
        let name: String
        let resourceType: String
        let providers: String
        let backend: String
        /// What this build lacks for it; `nil` when nothing.
        let missing: String?
        let origin: String
    }

    let sessions: [Session]
    let templates: [Template]
    /// When the files were read.
    let read: String
    /// What is wrong with the files as they are now; empty when they are in force.
    let refused: [String]
    let hasSessions: Bool
    let isRefused: Bool

    init(records: [SessionRecord], catalogue: Catalogue, read: Date, refused: [Diagnostic]) {
        sessions = records.sorted { $0.created < $1.created }.map(Session.init)
        templates = catalogue.templates.map { template in
            Template(
                name: template.name.excerpt, resourceType: template.resourceType.displayName,
                providers: template.providers.joined(separator: ", "), backend: template.backend.rawValue,
                missing: template.missing, origin: template.origin)
        }
        self.read = read.formatted(.iso8601)
        self.refused = refused.map(\.description)
        hasSessions = !sessions.isEmpty
        isRefused = !refused.isEmpty
    }
}

extension StatusReport.Session {
    init(_ record: SessionRecord) {
        let failure: String? =
            if case .failed(let failure) = record.lifecycle.phase { failure.message } else { nil }
        self.init(
            user: record.identity.user.excerpt, server: record.identity.server.excerpt,
            state: record.lifecycle.phase.name, template: record.template.excerpt, provider: record.provider.excerpt,
            resourceType: record.resourceType.displayName, memory: MemorySize.text(record.resources.memory),
            cpu: Int(exactly: record.resources.cpu).map(String.init) ?? String(record.resources.cpu),
            started: record.started?.formatted(.iso8601) ?? "", expires: record.expires?.formatted(.iso8601) ?? "",
            failure: failure)
    }
}

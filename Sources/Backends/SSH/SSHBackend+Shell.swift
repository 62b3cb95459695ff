public import MultipleSpawner
import Transport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SSHBackend {
    public static func reachesDirectly(_ options: JSONValue) -> Bool {
        (try? SSHOptions(options))?.jumps.isEmpty ?? true
    }

    public func workplace(for plan: SessionPlan, as account: String?) async throws -> Workplace? {
        let options = try SSHOptions(plan.options)
        guard let host = try options.candidates().first else { return nil }
        var place = try options.place(on: host, for: plan.identity, credentials: plan.credentials, self.account)
        if let account { place.user = try SSHAddress.account(account) }
        if let password = plan.credentials?.password { places.note(place, base: options.base, password: password) }
        return Workplace(shell: shell(at: place), name: try place.text)
    }

    public func shell(at name: String) async throws -> any RemoteShell {
        shell(at: try SSHPlace(text: name))
    }

    private func shell(at place: SSHPlace) -> SharedShell {
        SharedShell(place: place.description) { [machines] in try await machines.link(to: place) }
    }
}

extension SSHPlace {
    /// As the journal keeps it.
    fileprivate var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    fileprivate init(text: String) throws(SpawnError) {
        do {
            self = try JSONDecoder().decode(SSHPlace.self, from: Data(text.utf8))
        } catch {
            throw SpawnError(.internal, "the journal's note of a prepared machine cannot be read", cause: error)
        }
    }
}

/// Commands over whatever connection there is when one is run.
struct SharedShell: RemoteShell {
    let place: String
    let link: @Sendable () async throws -> any SSHLink

    func run(_ command: RemoteCommand) async throws -> RemoteAnswer {
        try await link().run(command)
    }

    func follow(_ command: RemoteCommand) async throws -> LogStream {
        try await link().follow(command)
    }
}

import MultipleSpawner
import Transport

/// Runs our programs on other machines.
struct SSHMachines: Sendable {
    let configuration: SSHConfiguration
    let places: SSHPlaces
    let account: DaemonAccount

    func link(to place: SSHPlace) async throws -> any SSHLink {
        try await configuration.link(try place.target(password: places.password(of: place)))
    }

    /// - Throws: `unavailable` where the machine cannot be asked.
    func run(_ text: ShellText, at place: SSHPlace, limit: Duration = .seconds(20)) async throws -> ShellAnswer {
        let answer = try await link(to: place).run(text.command(limit: limit))
        return ShellAnswer(answer, to: text, at: place.description)
    }

    /// The same, once more where a connection was lost that had only seemed to stand. For programs that may run twice.
    func runAgain(_ text: ShellText, at place: SSHPlace, limit: Duration = .seconds(20)) async throws -> ShellAnswer {
        do {
            return try await run(text, at: place, limit: limit)
        } catch let error as SpawnError where error.code == .unavailable && !Task.isCancelled {
            return try await run(text, at: place, limit: limit)
        }
    }
}

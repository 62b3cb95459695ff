import MultipleSpawner
import Transport

extension ProgramAuthenticator {
    /// What a program said before it failed: for the log.
    private struct Complaint: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs the program once.
    ///
    /// - Throws: `backend_failed`, `timed_out`, or `CancellationError`. What the program complained of goes to the log; no
    ///   value of its answer is shown.
    func run(_ grant: ProgramGrant, _ action: String, _ more: [String: JSONValue]) async throws -> JSONValue {
        var question: [String: JSONValue] = [
            "version": 1, "action": .string(action), "session": .string(grant.session.rawValue),
            "hub": .string(grant.identity.hub), "user": .string(grant.identity.user),
            "server": .string(grant.identity.server),
            "machines": .array(grant.machines.map { ["host": .string($0.host), "port": .integer($0.port)] }),
        ]
        question.merge(more) { own, _ in own }
        let name = "the authenticator '\((grant.command.first ?? "").excerpt)'"
        let program = HelperProgram(grant.command, limit: .milliseconds(Int64(grant.timeout * 1000)))
        let answer = try await program.run(input: Array(JSONValue.object(question).text.utf8))
        guard answer.status == 0 else {
            throw SpawnError(
                .backendFailed,
                "\(name) failed at '\(action)' (\(answer.status.map { "status \($0)" } ?? "a signal ended it"))",
                cause: Complaint(description: String(decoding: answer.errors.suffix(4096), as: UTF8.self)))
        }
        guard answer.output.contains(where: { $0 > UInt8(ascii: " ") }) else { return [:] }
        do {
            return try Self.answer.bind(JSONSource(file: "the answer", text: answer.text))
        } catch {
            throw SpawnError(.backendFailed, "\(name) answered to '\(action)' what cannot be read", cause: error)
        }
    }
}

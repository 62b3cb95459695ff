import Glibc
import Logging
public import MultipleSpawner

/// A program of this machine that serves as a plug-in: what to do as JSON on its input, what came of it as lines of JSON on
/// its output.
///
/// `PluginProtocol` has every question and answer. The program has nothing of the daemon's environment but a PATH; secrets
/// travel on its input alone, and what it says of them is hidden. It keeps no process: each question starts it anew.
public struct PluginProgram: Sendable {
    public let role: PluginRole
    /// The program by its whole path, and its arguments.
    public let command: [String]
    /// The longest that a question may take which says nothing else.
    public let timeout: Duration

    /// The options of every plug-in that is such a program.
    public static let fields = [
        Field("command", .list(.string), required: true, "The program, by its whole path, and its arguments."),
        Field(
            "data", .map(.anything),
            "Values for the program, with each question. They are kept on disk: no secret belongs in them."),
        Field(
            "timeout", .number(0.1...86_400),
            "The most seconds that a question may take (60); then the program is ended. What makes something may take as long "
                + "as the start."),
    ]

    /// - Parameters:
    ///   - timeout: in seconds; `nil`: 60.
    /// - Throws: `invalid_request` for a program that is not named by its whole path.
    public init(_ role: PluginRole, command: [String], timeout: Double? = nil) throws(SpawnError) {
        self.role = role
        self.command = command
        self.timeout = .milliseconds(Int64((timeout ?? 60) * 1000))
        guard command.first?.hasPrefix("/") == true, !command.contains(where: { $0.utf8.contains(0) }) else {
            throw SpawnError(
                .invalidRequest,
                "the \(role.rawValue)'s 'command' begins with '\((command.first ?? "").excerpt)'; name a program by its "
                    + "whole path")
        }
    }

    /// What messages call it: `the provider '/opt/lab/machines.py'`.
    public var name: String { "the \(role.rawValue) '\((command.first ?? "").excerpt)'" }

    /// Asks the program to do something, and waits for its end.
    ///
    /// - Parameters:
    ///   - action: one of `PluginProtocol.calls` of this role.
    ///   - fields: what it reads besides `version`, `kind` and `action`.
    ///   - secrets: values of the question that are hidden in whatever the program says, besides those whose names look secret.
    ///   - limit: the longest that it may take; `nil`: `timeout`.
    ///   - checkpoint: writes a checkpoint of the program down; the program waits for it. What it throws ends the program.
    ///   - report: gets what a waiting user may read.
    ///   - log: gets the pieces of a server's log.
    /// - Returns: its result, held against the call's declaration; what it checkpointed last is in it as well.
    /// - Throws: the program's own error; `backend_failed` where it fails without one or says what cannot be read,
    ///   `timed_out`, `CancellationError`. No value of an answer is shown.
    public func ask(
        _ action: String, _ fields: [String: JSONValue], secrets: [Secret] = [], limit: Duration? = nil,
        checkpoint: (@Sendable (JSONValue) async throws -> Void)? = nil,
        report: @escaping @Sendable (String) async -> Void = { _ in },
        log: (@Sendable ([UInt8]) async throws -> Void)? = nil
    ) async throws -> JSONValue {
        guard let call = PluginProtocol.call(role, action) else {
            throw SpawnError(.internal, "\(name) cannot be asked for '\(action.excerpt)'")
        }
        let given = fields.filter { ["options", "data", "environment"].contains($0.key) }
        let hidden = HiddenTexts(in: .object(given), and: secrets)
        let talk = PluginConversation(
            PluginConversation.Listener(
                checkpoint: call.kept == nil ? nil : checkpoint, report: report, log: log,
                takesPlainAnswer: role == .authenticator),
            hidden: hidden)
        let limit = limit ?? timeout
        let program = HelperProgram(command, limit: limit, mostOutput: PluginConversation.mostOutput)
        let logger = Logger(label: "multiplespawner.plugin")
        let answer: HelperProgram.Answer
        do {
            answer = try await program.converse(
                input: Array((question(call, fields).text + "\n").utf8), isKeptOpen: call.kept != nil,
                complain: { [name] line in
                    guard let words = talk.complaint(line) else { return }
                    logger.notice("\(words)", metadata: ["plugin": "\(name)", "action": "\(action)"])
                },
                hear: { try await talk.hear($0) })
        } catch let malformed as PluginConversation.Malformed {
            throw unreadable(action, malformed.reason)
        } catch let error as SpawnError where error.code == .timedOut {
            throw SpawnError(
                .timedOut, "\(name) took longer than \(limit) at '\(action)' and was ended; see what it waits for")
        }
        return try result(of: talk, answer, call, hidden)
    }

    private func question(_ call: PluginProtocol.Call, _ fields: [String: JSONValue]) -> JSONValue {
        let own: [String: JSONValue] = [
            "version": .integer(PluginProtocol.version), "kind": .string(role.rawValue), "action": .string(call.action),
        ]
        return .object(fields.merging(own) { _, own in own })
    }

    private func result(
        of talk: PluginConversation, _ answer: HelperProgram.Answer, _ call: PluginProtocol.Call, _ hidden: HiddenTexts
    ) throws(SpawnError) -> JSONValue {
        if case .error(let code, let message) = talk.end {
            let words = ProgramWords.line(hidden.hide(message))
            throw SpawnError(code, "\(name): \(words.isEmpty ? "it failed at '\(call.action)'" : words)")
        }
        guard answer.status == 0 else {
            let ending = answer.status.map { "status \($0)" } ?? "a signal ended it"
            throw SpawnError(
                .backendFailed, "\(name) failed at '\(call.action)' (\(ending)); what it complained of is in the log")
        }
        if case .result(let value) = talk.end {
            guard talk.plainAnswer.isEmpty else { throw unreadable(call.action, "there is more than its lines") }
            do {
                var members = try call.result.bind(value).objectValue ?? [:]
                if let kept = call.kept, members[kept] == nil { members[kept] = talk.checkpoint }
                return .object(members)
            } catch {
                throw unreadable(call.action, error.message)
            }
        }
        guard role == .authenticator else { throw unreadable(call.action, "it ended without a result") }
        return try plainResult(talk.plainAnswer, call)
    }

    /// What the first external programs answered: one JSON object on any number of lines, or nothing.
    private func plainResult(_ bytes: [UInt8], _ call: PluginProtocol.Call) throws(SpawnError) -> JSONValue {
        guard !bytes.isEmpty else { return [:] }
        do {
            return try call.result.bind(JSONSource(file: "the answer", bytes: bytes))
        } catch {
            // The text may hold a password: what is wrong with it is not told.
            throw unreadable(call.action, "it is neither lines of JSON nor one object with the keys that are known")
        }
    }

    private func unreadable(_ action: String, _ reason: String) -> SpawnError {
        SpawnError(.backendFailed, "\(name) answered to '\(action)' what cannot be read: \(reason)")
    }

    /// What `doctor` says of it: whether it is there, and what it says of itself.
    ///
    /// - Parameter fields: of the question `examine`.
    public func examine(_ fields: [String: JSONValue]) async -> [Finding] {
        let subject = "\(role.rawValue) \((command.first ?? "").excerpt)"
        guard let path = command.first, access(path, X_OK) == 0 else {
            return [
                Finding(
                    .failed, subject, "there is no such program; name one by its whole path, and make it executable")
            ]
        }
        guard PluginProtocol.call(role, "examine") != nil else { return [Finding(.ok, subject, "it is there")] }
        do {
            let answer = try await ask("examine", fields)
            let findings = (answer["findings"]?.arrayValue ?? []).compactMap { found -> Finding? in
                guard let level = found["level"]?.stringValue.flatMap(Finding.Level.init) else { return nil }
                let words = [found["subject"], found["message"]].map { ProgramWords.line($0?.stringValue ?? "") }
                return Finding(level, words[0].isEmpty ? subject : "\(subject): \(words[0])", words[1])
            }
            return findings.isEmpty ? [Finding(.ok, subject, "it answers")] : findings
        } catch let error as SpawnError where error.code == .unsupported {
            return [Finding(.ok, subject, "it answers")]
        } catch {
            return [Finding(.failed, subject, SpawnError(wrapping: error, "it cannot be asked").message)]
        }
    }
}

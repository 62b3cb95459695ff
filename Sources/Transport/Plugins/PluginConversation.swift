import MultipleSpawner
import Synchronization

/// What one run of a program has said so far, and what it is answered.
final class PluginConversation: Sendable {
    /// All that a program may say in one run, in bytes; its server's log apart.
    static let mostOutput = 16 << 20
    /// The most lines, likewise.
    static let mostLines = 10_000
    /// The longest checkpoint, in bytes: journals keep it, and hubs.
    static let longestCheckpoint = 64 << 10
    /// A program that says more than so many has lost its way.
    static let mostCheckpoints = 100
    /// Further ones are dropped.
    static let mostProgress = 1000

    /// Of its errors, so many lines go to the log.
    static let mostComplaints = 200

    /// What is done with what it says.
    struct Listener: Sendable {
        /// `nil` where nothing can be written down for it.
        var checkpoint: (@Sendable (JSONValue) async throws -> Void)?
        var report: @Sendable (String) async -> Void = { _ in }
        /// `nil` where no log was asked for.
        var log: (@Sendable ([UInt8]) async throws -> Void)?
        /// Whether a single JSON object that is no line of ours is the result, as in the first external programs.
        var takesPlainAnswer = false
    }

    /// What is wrong with a line, in words that go on from `it answered to 'acquire' what cannot be read`.
    struct Malformed: Error {
        let reason: String
    }

    private struct State {
        var bytes = 0
        var lines = 0
        var progress = 0
        var complaints = 0
        var checkpoints = 0
        var checkpoint: JSONValue?
        var end: PluginLine?
        var plain: [UInt8] = []
    }

    private let listener: Listener
    private let hidden: HiddenTexts
    private let state = Mutex(State())

    init(_ listener: Listener, hidden: HiddenTexts) {
        self.listener = listener
        self.hidden = hidden
    }

    /// The last line, where it was said.
    var end: PluginLine? { state.withLock(\.end) }

    /// What was checkpointed last.
    var checkpoint: JSONValue? { state.withLock(\.checkpoint) }

    /// What was said in no line of ours; empty where only such lines were.
    var plainAnswer: [UInt8] { state.withLock(\.plain) }

    /// A line of its errors as the log may have it; `nil` where it has enough of them.
    func complaint(_ line: [UInt8]) -> String? {
        let count = state.withLock { state in
            state.complaints += 1
            return state.complaints
        }
        guard count < Self.mostComplaints else {
            return count == Self.mostComplaints ? "it complains further, which is left out" : nil
        }
        // Hidden before it is cut: the beginning of a secret is one, too.
        return ProgramWords.line(hidden.hide(String(decoding: line, as: UTF8.self)), most: 1000)
    }

    func hear(_ line: [UInt8]) async throws -> HelperProgram.Reply {
        guard line.contains(where: { $0 > UInt8(ascii: " ") }) else { return .nothing }
        let (number, isOver, isTooMuch) = state.withLock { state in
            state.lines += 1
            if listener.log == nil { state.bytes += line.count }
            let isTooMuch = listener.log == nil && (state.lines > Self.mostLines || state.bytes > Self.mostOutput)
            return (state.lines, state.end != nil, isTooMuch)
        }
        guard !isTooMuch else {
            throw Malformed(reason: "it is more than \(Self.mostLines) lines, or than \(Self.mostOutput) bytes")
        }
        guard !isOver else { throw Malformed(reason: "there is more after its last line") }
        let said: PluginLine
        do throws(SpawnError) {
            said = try PluginLine(line)
        } catch {
            guard listener.takesPlainAnswer else { throw Malformed(reason: "line \(number): \(error.message)") }
            state.withLock { $0.plain += line + [UInt8(ascii: "\n")] }
            return .nothing
        }
        return try await answer(said, number)
    }

    private func answer(_ said: PluginLine, _ number: Int) async throws -> HelperProgram.Reply {
        switch said {
        case .progress(let text):
            let isHeard = state.withLock { state in
                state.progress += 1
                return state.progress <= Self.mostProgress
            }
            if isHeard { await listener.report(ProgramWords.line(hidden.hide(text))) }
            return .nothing
        case .checkpoint(let value):
            guard let save = listener.checkpoint else {
                throw Malformed(reason: "line \(number): a checkpoint is no part of an answer to this")
            }
            let count = state.withLock { state in
                state.checkpoints += 1
                return state.checkpoints
            }
            guard count <= Self.mostCheckpoints, value.text.utf8.count <= Self.longestCheckpoint else {
                throw Malformed(
                    reason:
                        "a checkpoint has \(Self.longestCheckpoint) bytes at most, and there are \(Self.mostCheckpoints) at "
                        + "most")
            }
            try await save(value)
            state.withLock { $0.checkpoint = value }
            return .say(Array(#"{"saved": true}"#.utf8) + [UInt8(ascii: "\n")])
        case .log(let text):
            guard let log = listener.log else {
                throw Malformed(reason: "line \(number): a log is no part of an answer to this")
            }
            try await log(Array(text.utf8))
            return .nothing
        case .result, .error:
            state.withLock { $0.end = said }
            return .close
        }
    }
}

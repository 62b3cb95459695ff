import MultipleSpawner
import Subprocess

extension HelperProgram {
    /// What follows from a line that a program said.
    public enum Reply: Sendable {
        /// Nothing: it is listened to further.
        case nothing
        /// These bytes are written to its input.
        case say([UInt8])
        /// Its input ends: it has nothing more to wait for.
        case close
    }

    /// Runs it to its end, as `run(input:)` does, and answers to what it says while it runs.
    ///
    /// - Parameters:
    ///   - input: what it reads at first.
    ///   - isKeptOpen: whether its input stays open for replies. Where it does not, replies are not written.
    ///   - complain: gets each line of its errors, and of one that is longer its first 65536 bytes.
    ///   - hear: gets each line of its output, without its end. The program waits where it takes its time; when it throws, the
    ///     program is ended with all that it started.
    /// - Returns: no output, and no errors.
    /// - Throws: what `hear` throws; `backend_failed` for a line that is longer than `mostOutput`; else as `run(input:)`.
    public func converse(
        input: [UInt8], isKeptOpen: Bool, complain: @escaping @Sendable (_ line: [UInt8]) async -> Void,
        hear: @escaping @Sendable (_ line: [UInt8]) async throws -> Reply
    ) async throws -> Answer {
        try await limited { try await talk(input, isKeptOpen, complain, hear) }
    }

    private func talk(
        _ input: [UInt8], _ isKeptOpen: Bool, _ complain: @escaping @Sendable (_ line: [UInt8]) async -> Void,
        _ hear: @escaping @Sendable (_ line: [UInt8]) async throws -> Reply
    ) async throws -> Answer {
        let configuration = try configuration()
        let (most, name) = (mostOutput, name)
        return try await started {
            let result = try await Subprocess.run(
                configuration, input: .inputWriter, output: .sequence, error: .sequence
            ) { execution in
                let writer = execution.standardInputWriter
                let (output, errors) = (execution.standardOutput, execution.standardError)
                // One writes, so that a reply never gets between the pieces of a long question.
                let (replies, reply) = AsyncStream.makeStream(of: [UInt8].self)
                reply.yield(input)
                if !isKeptOpen { reply.finish() }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await bytes in replies { _ = try? await writer.write(bytes) }
                        try? await writer.finish()
                    }
                    group.addTask { try? await errors.lines(of: name, most: 65536, isCut: true, complain) }
                    do {
                        try await output.lines(of: name, most: most, isCut: false) { line in
                            switch try await hear(line) {
                            case .nothing: break
                            case .say(let bytes): reply.yield(bytes)
                            case .close: reply.finish()
                            }
                        }
                    } catch {
                        // The other two wait for the program; so it has to end first.
                        await execution.teardown(using: configuration.platformOptions.teardownSequence)
                        reply.finish()
                        throw error
                    }
                    reply.finish()
                    try await group.waitForAll()
                }
            }
            return Answer(status: result.terminationStatus.exitCode, output: [], errors: [])
        }
    }
}

extension SubprocessOutputSequence {
    /// Each line, without its end and with none that is empty.
    ///
    /// - Parameter isCut: whether of a line that is too long the beginning is heard; else it is an error.
    fileprivate func lines(
        of name: String, most: Int, isCut: Bool, _ hear: @Sendable (_ line: [UInt8]) async throws -> Void
    ) async throws {
        var line: [UInt8] = []
        for try await piece in self {
            var rest = piece.withUnsafeBytes { Array($0) }[...]
            while !rest.isEmpty {
                let end = rest.firstIndex(of: UInt8(ascii: "\n"))
                line += rest[..<(end ?? rest.endIndex)]
                rest = end.map { rest[($0 + 1)...] } ?? []
                if line.count > most {
                    guard isCut else {
                        throw SpawnError(
                            .backendFailed,
                            "'\(name)' said a line of more than \(most) bytes; say less, or in more lines")
                    }
                    line.removeLast(line.count - most)
                }
                guard end != nil else { continue }
                if !line.isEmpty { try await hear(line) }
                line = []
            }
        }
        if !line.isEmpty { try await hear(line) }
    }
}

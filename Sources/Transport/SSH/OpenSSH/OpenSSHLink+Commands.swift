public import MultipleSpawner
import Subprocess

extension OpenSSHLink {
    public func run(_ command: RemoteCommand) async throws -> RemoteAnswer {
        try await withThrowingTaskGroup(of: RemoteAnswer?.self) { group in
            group.addTask { [self] in try await turns.take { try await attempt(command) } }
            group.addTask {
                try? await Task.sleep(for: command.limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let answer = first else {
                try Task.checkCancellation()
                throw SpawnError(
                    .timedOut, "\(place) did not answer a command within \(command.limit.components.seconds) s")
            }
            return answer
        }
    }

    /// A server that takes no further command now has run nothing: it is asked again.
    private func attempt(_ command: RemoteCommand) async throws -> RemoteAnswer {
        while true {
            if let end = master.end { throw end }
            let answer: RemoteAnswer
            do {
                answer = try await execute(command)
            } catch let error as SubprocessError {
                try Task.checkCancellation()
                throw SpawnError(.unavailable, "a command cannot be sent to \(place); see the log", cause: error)
            }
            guard answer.status == 255 else { return answer }
            let complaint = OpenSSHComplaint(String(decoding: answer.errors, as: UTF8.self))
            if complaint.isFull {
                try await Task.sleep(for: .milliseconds(50))
                continue
            }
            guard complaint.isOfConnection || master.end != nil else { return answer }
            throw master.end ?? SpawnError(.unavailable, "the connection to \(place) was lost", cause: complaint)
        }
    }

    private func execute(_ command: RemoteCommand) async throws -> RemoteAnswer {
        let input = command.input
        let most = command.mostOutput
        let result = try await Subprocess.run(
            asking(["--", "link", command.line]), input: .inputWriter, output: .sequence, error: .sequence
        ) { execution in
            let writer = execution.standardInputWriter
            let (output, errors) = (execution.standardOutput, execution.standardError)
            return try await withThrowingTaskGroup(of: (isOutput: Bool, bytes: [UInt8])?.self) { group in
                group.addTask { (true, try await output.beginning(of: most)) }
                group.addTask { (false, try await errors.beginning(of: most)) }
                group.addTask {
                    // A command that does not want to know ends without reading, and that is no failure.
                    if !input.isEmpty { _ = try? await writer.write(input) }
                    try? await writer.finish()
                    return nil
                }
                var said: (output: [UInt8], errors: [UInt8]) = ([], [])
                for try await part in group {
                    guard let part else { continue }
                    if part.isOutput { said.output = part.bytes } else { said.errors = part.bytes }
                }
                return said
            }
        }
        let status: Int32? = if case .exited(let code) = result.terminationStatus { code } else { nil }
        try Task.checkCancellation()
        return RemoteAnswer(status: status, output: result.closureResult.output, errors: result.closureResult.errors)
    }

    public func follow(_ command: RemoteCommand) async throws -> LogStream {
        if let end = master.end { throw end }
        let (stream, continuation) = LogStream.makeStream(bufferingPolicy: .unbounded)
        let task = Task { [self] in
            do {
                // Not in turn with the others: it may last as long as a session.
                _ = try await Subprocess.run(
                    asking(["--", "link", command.line]), input: .array(command.input), output: .sequence,
                    error: .discarded
                ) { execution in
                    for try await piece in execution.standardOutput {
                        continuation.yield(piece.withUnsafeBytes { Array($0) })
                    }
                }
                continuation.finish()
            } catch let error as SpawnError {
                continuation.finish(throwing: error)
            } catch {
                continuation.finish(
                    throwing: master.end
                        ?? SpawnError(.unavailable, "the connection to \(place) was lost", cause: error))
            }
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }
}

extension SubprocessOutputSequence {
    /// So many bytes at most; the rest is read and dropped.
    fileprivate func beginning(of count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in self where bytes.count < count {
            bytes += piece.withUnsafeBytes { Array($0.prefix(count - bytes.count)) }
        }
        return bytes
    }
}

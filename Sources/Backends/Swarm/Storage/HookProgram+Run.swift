import MultipleSpawner
import Subprocess
import SystemPackage

extension HookProgram {
    /// What a program said before it failed: for the log.
    private struct Complaint: Error, CustomStringConvertible {
        let description: String
    }

    /// How the program ended.
    private enum Ending: Sendable {
        case ended(TerminationStatus, output: [UInt8], complaint: [UInt8])
        case overdue
    }

    /// The most that the program may write, in bytes.
    private static let mostOutput = 1 << 20

    /// Runs the program for a session and returns the mounts that it asks for.
    ///
    /// It has nothing of the daemon's environment but a PATH. When it takes too long, or the start is cancelled, it is
    /// ended with all that it started.
    ///
    /// - Throws: `backend_failed`, `timed_out`, or `CancellationError`. What the program complained of goes to the log.
    func run(for plan: SessionPlan, _ options: SwarmOptions) async throws -> [MountSpecification] {
        let question = Array(question(plan, options).text.utf8)
        let ending = try await race(question)
        try Task.checkCancellation()
        switch ending {
        case .ended(.exited(0), let output, _):
            return try mounts(in: String(decoding: output, as: UTF8.self))
        case .ended(let status, _, let complaint):
            let text = String(decoding: complaint.suffix(4096), as: UTF8.self)
            throw SpawnError(
                .backendFailed, "the home hook '\(command[0].excerpt)' failed (\(Self.text(status)))",
                cause: Complaint(description: text))
        case .overdue:
            throw SpawnError(
                .timedOut, "the home hook '\(command[0].excerpt)' took longer than \(timeout) and was ended")
        }
    }

    /// Whichever is first: the program's end, or its time's.
    private func race(_ question: [UInt8]) async throws -> Ending {
        try await withThrowingTaskGroup(of: Ending?.self) { group in
            group.addTask { try await execute(question) }
            group.addTask {
                // Cancelled when the program ended first.
                do { try await Task.sleep(for: timeout) } catch { return nil }
                return .overdue
            }
            defer { group.cancelAll() }
            while let ending = try await group.next() {
                if let ending { return ending }
            }
            throw CancellationError()
        }
    }

    private func execute(_ question: [UInt8]) async throws -> Ending {
        var platform = PlatformOptions()
        // A session of its own, so that what it started is ended with it.
        platform.createSession = true
        platform.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(1)),
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero),
        ]
        do {
            let result = try await Subprocess.run(
                .path(FilePath(command[0])), arguments: Arguments(Array(command.dropFirst())),
                environment: .custom(["PATH": LocalEnvironment.defaultPath]), platformOptions: platform,
                input: .inputWriter, output: .bytes(limit: Self.mostOutput), error: .bytes(limit: Self.mostOutput)
            ) { execution in
                // A program that does not want to know ends without reading, and that is no failure.
                _ = try? await execution.standardInputWriter.write(question)
                try? await execution.standardInputWriter.finish()
            }
            return .ended(
                result.terminationStatus, output: result.standardOutput, complaint: result.standardError)
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw SpawnError(
                .backendFailed, "the home hook '\(command[0].excerpt)' cannot be run; see the log", cause: error)
        }
    }

    private static func text(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "status \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }
}

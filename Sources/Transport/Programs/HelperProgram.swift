import Glibc
import MultipleSpawner
import Subprocess
import SystemPackage

/// A program of this machine that does something for us and ends, such as `ssh-keygen`.
public struct HelperProgram: Sendable {
    /// How it ended and what it said.
    public struct Answer: Sendable {
        /// Its exit status; `nil` where a signal ended it.
        public let status: Int32?
        public let output: [UInt8]
        public let errors: [UInt8]

        /// The output as text; what is no UTF-8 is replaced.
        public var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// The program by its whole path, or by a name that is looked for in `searchPath`; and its arguments.
    public var command: [String]
    /// All of its environment besides PATH.
    public var environment: [String: String]
    public var limit: Duration
    /// The most bytes that it may write.
    public var mostOutput: Int

    public static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    public init(
        _ command: [String], environment: [String: String] = [:], limit: Duration = .seconds(30),
        mostOutput: Int = 1 << 20
    ) {
        self.command = command
        self.environment = environment
        self.limit = limit
        self.mostOutput = mostOutput
    }

    /// Runs it to its end. When it takes too long, or the caller is cancelled, it is ended with all that it started.
    ///
    /// - Parameter input: what it reads.
    /// - Throws: `unsupported` where there is no such program, `timed_out`, `backend_failed`, or `CancellationError`.
    public func run(input: [UInt8] = []) async throws -> Answer {
        try await limited { try await execute(input) }
    }

    /// Waits for the work as long as the program may take.
    func limited(_ work: @escaping @Sendable () async throws -> Answer) async throws -> Answer {
        let answer = try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                // Cancelled when the program ended first.
                do { try await Task.sleep(for: limit) } catch { return nil }
                throw SpawnError(.timedOut, "'\(name)' took longer than \(limit) and was ended")
            }
            defer { group.cancelAll() }
            while let answer = try await group.next() {
                if let answer { return answer }
            }
            throw CancellationError()
        }
        try Task.checkCancellation()
        return answer
    }

    private func execute(_ input: [UInt8]) async throws -> Answer {
        let configuration = try configuration()
        return try await started {
            let result = try await Subprocess.run(
                configuration, input: .inputWriter, output: .bytes(limit: mostOutput), error: .bytes(limit: mostOutput)
            ) { execution in
                // A program that does not want to know ends without reading, and that is no failure.
                _ = try? await execution.standardInputWriter.write(input)
                try? await execution.standardInputWriter.finish()
            }
            return Answer(
                status: result.terminationStatus.exitCode, output: result.standardOutput, errors: result.standardError)
        }
    }

    /// A program may end without reading what it is given: that must not end us.
    private static let brokenPipesAreErrors: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    func configuration() throws(SpawnError) -> Configuration {
        Self.brokenPipesAreErrors
        var platform = PlatformOptions()
        // A session of its own, so that what it started is ended with it.
        platform.createSession = true
        platform.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(1)),
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero),
        ]
        guard let program = command.first else { throw SpawnError(.internal, "no program is named") }
        var variables = environment.reduce(into: [Environment.Key: String]()) {
            $0[Environment.Key(stringLiteral: $1.key)] = $1.value
        }
        variables["PATH", default: Self.searchPath] = environment["PATH"] ?? Self.searchPath
        return Configuration(
            executable: program.hasPrefix("/") ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(Array(command.dropFirst())), environment: .custom(variables), platformOptions: platform
        )
    }

    func started(_ work: () async throws -> Answer) async throws -> Answer {
        do {
            return try await work()
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw SpawnError(
                .backendFailed, "'\(name)' cannot be run; see whether it is installed, and the log", cause: error)
        }
    }

    var name: String { (command.first ?? "").excerpt }
}

extension TerminationStatus {
    /// `nil` where a signal ended it.
    var exitCode: Int32? {
        guard case .exited(let code) = self else { return nil }
        return code
    }
}

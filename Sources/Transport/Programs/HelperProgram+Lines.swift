import MultipleSpawner
import Subprocess

extension HelperProgram {
    /// Runs it to its end, as `run(input:)` does, and hands on each line of its output when it comes.
    ///
    /// - Parameter hear: gets the lines in their order, without their ends. The program waits where it takes its time. A line
    ///   that is longer than `mostOutput` is left out.
    /// - Returns: no output, and the last `mostOutput` bytes of its errors.
    public func run(
        input: [UInt8] = [], lines hear: @escaping @Sendable (_ line: [UInt8]) async -> Void
    ) async throws -> Answer {
        try await limited { try await execute(input, hear) }
    }

    private func execute(
        _ input: [UInt8], _ hear: @escaping @Sendable (_ line: [UInt8]) async -> Void
    ) async throws -> Answer {
        let configuration = try configuration()
        let most = mostOutput
        return try await started {
            let result = try await Subprocess.run(
                configuration, input: .inputWriter, output: .sequence, error: .sequence
            ) { execution in
                let writer = execution.standardInputWriter
                let (output, errors) = (execution.standardOutput, execution.standardError)
                return try await withThrowingTaskGroup(of: [UInt8].self) { group in
                    group.addTask {
                        _ = try? await writer.write(input)
                        try? await writer.finish()
                        return []
                    }
                    group.addTask {
                        try await output.lines(most, hear)
                        return []
                    }
                    group.addTask { try await errors.end(of: most) }
                    return try await group.reduce([], +)
                }
            }
            return Answer(status: result.terminationStatus.exitCode, output: [], errors: result.closureResult)
        }
    }
}

extension SubprocessOutputSequence {
    fileprivate func lines(_ most: Int, _ hear: @Sendable (_ line: [UInt8]) async -> Void) async throws {
        let newline = UInt8(ascii: "\n")
        var line: [UInt8] = []
        var isWhole = true
        func finish() async {
            if isWhole, !line.isEmpty { await hear(line) }
            line = []
            isWhole = true
        }
        for try await piece in self {
            var rest = piece.withUnsafeBytes { Array($0) }[...]
            while let end = rest.firstIndex(of: newline) {
                line += rest[..<end]
                rest = rest[(end + 1)...]
                await finish()
            }
            if isWhole { line += rest }
            if line.count > most { (line, isWhole) = ([], false) }
        }
        await finish()
    }

    /// The last so many bytes.
    fileprivate func end(of most: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in self {
            bytes += piece.withUnsafeBytes { Array($0) }
            if bytes.count > 2 * most { bytes.removeFirst(bytes.count - most) }
        }
        return bytes.suffix(most)
    }
}

import MultipleSpawner
import Subprocess
import Synchronization
import SystemPackage

/// The `ssh` that holds a connection, from its start to its end.
final class OpenSSHMaster: Sendable {
    /// What the other side says once the connection stands. A shell that greets says other things before.
    static let marker = "multiplespawner-is-connected"

    private struct State {
        var isReady = false
        var end: SpawnError?
        var said: [String] = []
        /// How many lines it has said, those that are not kept included.
        var count = 0
        var task: Task<Void, Never>?
        var waitingForReady: [CheckedContinuation<Void, Never>] = []
        var waitingForEnd: [CheckedContinuation<SpawnError, Never>] = []
        var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var lastListener: UInt64 = 0
    }

    private let state = Mutex(State())

    /// What it has said on its errors lately.
    var complaint: OpenSSHComplaint { OpenSSHComplaint(lines: state.withLock { $0.said }) }

    /// How many lines it has said.
    var count: Int { state.withLock { $0.count } }

    /// What it has said after so many lines.
    private func complaint(after count: Int) -> OpenSSHComplaint {
        OpenSSHComplaint(lines: state.withLock { Array($0.said.suffix(max(0, $0.count - count))) })
    }

    /// Why it has ended, once it has.
    var end: SpawnError? { state.withLock { $0.end } }

    func start(_ program: String, _ arguments: [String], environment: [String: String], target: SSHTarget) {
        var platform = PlatformOptions()
        platform.createSession = true
        platform.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(1))]
        let configuration = Configuration(
            executable: .path(FilePath(program)), arguments: Arguments(arguments),
            environment: .custom(Environment.values(environment)), platformOptions: platform)
        let task = Task {
            var reason: SpawnError?
            do {
                try await run(configuration)
            } catch is SubprocessError where !Task.isCancelled {
                reason = SpawnError(
                    .unsupported,
                    "'\(program.excerpt)' cannot be run; install openssh-client, or name it in 'ssh_command'")
            } catch {}
            if let reason { return finish(reason) }
            let complaint = complaint
            let fault = complaint.isOfLogin ? await FileWork.run { SSHCertificate.fault(of: target) } : nil
            finish(complaint.reason(of: target, fault: fault))
        }
        state.withLock { $0.task = task }
    }

    /// Its input stays open for as long as it is wanted: its end, also by the death of this process, ends it.
    private func run(_ configuration: Configuration) async throws {
        _ = try await Subprocess.run(configuration, input: .inputWriter, output: .sequence, error: .sequence) {
            execution in
            let output = execution.standardOutput
            let errors = execution.standardError
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    var text: [UInt8] = []
                    for try await piece in output {
                        text += piece.withUnsafeBytes { Array($0) }
                        if text.count > 1 << 16 { text.removeFirst(text.count - 1024) }
                        if String(decoding: text, as: UTF8.self).contains(Self.marker) { self.markReady() }
                    }
                }
                group.addTask {
                    var rest: [UInt8] = []
                    for try await piece in errors {
                        rest += piece.withUnsafeBytes { Array($0) }
                        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                            self.hear(String(decoding: rest[..<end], as: UTF8.self))
                            rest.removeFirst(end + 1)
                        }
                    }
                    if !rest.isEmpty { self.hear(String(decoding: rest, as: UTF8.self)) }
                }
                try await group.waitForAll()
            }
        }
    }

    private func hear(_ line: String) {
        let listeners = state.withLock { state in
            state.said.append(line)
            state.count += 1
            if state.said.count > 64 { state.said.removeFirst() }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield() }
    }

    /// Each time that it says something on its errors.
    private func words() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let key = state.withLock { state in
            state.lastListener += 1
            state.listeners[state.lastListener] = continuation
            return state.lastListener
        }
        continuation.onTermination = { [self] _ in
            state.withLock { _ = $0.listeners.removeValue(forKey: key) }
        }
        return stream
    }

    /// What it says of a tunnel whose connection it has closed: it says so a moment before or after. `nil`, where it says
    /// nothing: then the program at the other end has closed it.
    ///
    /// - Parameter count: how many lines it had said before: an earlier tunnel's refusal is none of this one.
    func refusal(
        of end: TunnelEnd, at target: SSHTarget, after count: Int, within limit: Duration
    ) async -> SpawnError? {
        await withTaskGroup(of: SpawnError?.self) { group in
            group.addTask { [self] in
                let words = words()
                if let refusal = complaint(after: count).tunnel(to: end, at: target) { return refusal }
                for await _ in words {
                    if let refusal = complaint(after: count).tunnel(to: end, at: target) { return refusal }
                }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func markReady() {
        let waiting = state.withLock { state in
            state.isReady = true
            defer { state.waitingForReady = [] }
            return state.waitingForReady
        }
        for continuation in waiting { continuation.resume() }
    }

    private func finish(_ reason: SpawnError) {
        let (ready, end) = state.withLock { state in
            state.end = state.end ?? reason
            defer {
                state.waitingForReady = []
                state.waitingForEnd = []
            }
            return (state.waitingForReady, state.waitingForEnd)
        }
        for continuation in ready { continuation.resume() }
        for continuation in end { continuation.resume(returning: reason) }
    }

    /// Returns when commands can be run.
    func ready(within limit: Duration) async throws {
        let timer = Task {
            try await Task.sleep(for: limit)
            finish(SpawnError(.timedOut, "the login took longer than \(limit.components.seconds) s"))
            cancel()
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.isReady || state.end != nil { return true }
                    state.waitingForReady.append(continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            cancel()
        }
        try Task.checkCancellation()
        if let end { throw end }
    }

    func ended() async -> SpawnError {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waitingForEnd.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    func cancel() {
        state.withLock { $0.task }?.cancel()
    }

    func stop() async {
        let task = state.withLock { state in
            state.end = state.end ?? SpawnError(.unavailable, "the connection was closed")
            return state.task
        }
        task?.cancel()
        await task?.value
    }
}

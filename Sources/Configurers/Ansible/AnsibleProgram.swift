import Glibc
import MultipleSpawner
import Transport

/// Runs `ansible-playbook` in a process and a directory of its own.
struct AnsibleProgram: Sendable {
    let environment: RunEnvironment

    static let name = "ansible-playbook"

    /// Runs playbooks to their end, one after another, until one fails.
    ///
    /// - Parameters:
    ///   - password: for the account; `nil` where a key is used.
    ///   - report: is told each task that begins.
    /// - Throws: what `AnsibleFailure` says, or `CancellationError`.
    func execute(
        _ run: PlaybookRun, password: Secret? = nil, report: @escaping @Sendable (_ message: String) async -> Void
    ) async throws {
        let files = try await FileWork.run { () throws(SpawnError) in try RunFiles(run, password: password) }
        let progress = AnsibleProgress(playbooks: run.playbooks.count)
        let hidden = HiddenTexts(in: .object(run.variables), and: password.map { [$0] } ?? [])
        func failure() -> AnsibleFailure { AnsibleFailure(run: run, hidden: hidden, progress: progress.current) }
        let answer: HelperProgram.Answer
        do {
            answer = try await program(run, files, []).run { line in
                guard let event = AnsibleEvent(line), let message = progress.take(event) else { return }
                await report(hidden.hide(message))
            }
        } catch {
            await remove(files, isCut: true)
            if let error = error as? SpawnError, error.code == .timedOut { throw failure().lateness }
            throw error
        }
        await remove(files, isCut: answer.status == nil)
        if let error = failure().reason(of: answer) { throw error }
    }

    /// Whether the playbooks can be read; nothing is run, and nobody is connected to.
    ///
    /// - Returns: what is wrong with them.
    func examine(_ run: PlaybookRun) async throws -> SpawnError? {
        let files = try await FileWork.run { () throws(SpawnError) in try RunFiles(run, password: nil) }
        let result: Result<HelperProgram.Answer, any Error>
        do {
            result = .success(try await program(run, files, ["--syntax-check"]).run())
        } catch {
            result = .failure(error)
        }
        await remove(files, isCut: false)
        let hidden = HiddenTexts(in: .object(run.variables))
        let progress = AnsibleProgress(playbooks: run.playbooks.count)
        return AnsibleFailure(run: run, hidden: hidden, progress: progress.current).reason(of: try result.get())
    }

    /// The first line of what it says of itself: `ansible-playbook [core 2.19.3]`.
    func version(_ program: String) async throws -> String? {
        let files = try await FileWork.run { () throws(SpawnError) in try RunFiles(PlaybookRun.none, password: nil) }
        let answer = try? await HelperProgram([program, "--version"], environment: environment.variables(files)).run()
        await remove(files, isCut: false)
        try Task.checkCancellation()
        guard let answer, answer.status == 0 else { return nil }
        return ProgramWords.lastLines(answer.text, most: .max).first
    }

    /// The program by its whole path.
    ///
    /// - Throws: `unsupported` where there is none.
    func find(_ named: String?) async throws(SpawnError) -> String {
        let path = environment.inherited["PATH"] ?? HelperProgram.searchPath
        return try await FileWork.run { () throws(SpawnError) in
            if let named {
                guard access(named, X_OK) == 0 else {
                    throw SpawnError(
                        .unsupported,
                        "there is no program '\(named.excerpt)'; correct 'ansible_playbook', or leave it out")
                }
                return named
            }
            for directory in path.split(separator: ":") where directory.hasPrefix("/") {
                let file = "\(directory)/\(Self.name)"
                if access(file, X_OK) == 0 { return file }
            }
            throw SpawnError(
                .unsupported, "there is no \(Self.name) in PATH; install ansible-core, or name it in 'ansible_playbook'"
            )
        }
    }

    private func program(_ run: PlaybookRun, _ files: RunFiles, _ more: [String]) -> HelperProgram {
        var command = [run.program]
        for inventory in [run.inventory, files.inventory].compactMap({ $0 }) { command += ["-i", inventory] }
        // Another inventory may have other machines.
        command += ["--limit", run.inventoryName] + more + ["--"] + run.playbooks
        return HelperProgram(
            command, environment: environment.variables(files), limit: .milliseconds(Int64(run.timeLimit * 1000)),
            mostOutput: 1 << 16)
    }

    /// Closes the connections that are left, and removes the directory, also where the caller is cancelled.
    ///
    /// - Parameter isCut: whether the run did not come to its own end, and left more than connections.
    private func remove(_ files: RunFiles, isCut: Bool) async {
        let path = environment.inherited["PATH"]
        // A task of its own is not cancelled with the caller's.
        await Task {
            if !isCut { await closeConnections(files, path) }
            await FileWork.run {
                if isCut { RunRemains(mark: "\(RunEnvironment.mark)=\(files.directory.path)").end() }
                files.directory.remove()
            }
        }.value
    }

    private func closeConnections(_ files: RunFiles, _ path: String?) async {
        let sockets = await FileWork.run { files.directory.names(in: files.sockets) }
        for socket in sockets {
            var environment: [String: String] = [:]
            environment["PATH"] = path
            let command = [
                "ssh", "-F", "/dev/null", "-o", "ControlPath=\(files.sockets)/\(socket)", "-O", "exit", "link",
            ]
            // One that has ended by itself is no failure; one that does not listen ends when nobody uses it.
            _ = try? await HelperProgram(command, environment: environment, limit: .seconds(5)).run()
        }
    }
}

public import MultipleSpawner
import Transport

extension AnsibleConfigurer {
    /// The oldest that it is tested with.
    private static let oldest = (2, 14)

    public func examine(_ options: JSONValue) async -> [Finding] {
        let path: String
        var findings: [Finding] = []
        do {
            let named = options["ansible_playbook"]?.filledString
            path = try await find(named)
            findings.append(try await examineVersion(path))
        } catch {
            return [Self.finding("ansible", error)]
        }
        do {
            let options = try AnsibleOptions(options)
            findings.append(try await examinePlaybooks(options, path))
        } catch {
            findings.append(Self.finding("ansible: playbooks", error))
        }
        return findings
    }

    private func examineVersion(_ path: String) async throws -> Finding {
        guard let version = try await program.version(path) else {
            return Finding(
                .failed, "ansible", "\(path.excerpt) does not run; see what '\(path.excerpt) --version' says")
        }
        let numbers = version.split { !$0.isNumber }.compactMap { Int($0) }
        guard numbers.count >= 2, (numbers[0], numbers[1]) >= Self.oldest else {
            return Finding(
                .warning, "ansible",
                "\(version.excerpt) is older than \(Self.oldest.0).\(Self.oldest.1), with which this was tested; update it"
            )
        }
        return Finding(.ok, "ansible", version)
    }

    private func examinePlaybooks(_ options: AnsibleOptions, _ path: String) async throws -> Finding {
        let playbooks = try await find(options.playbooks + (options.cleanup?.playbooks ?? []))
        let variables = options.variables.filter { HostVariables.isName($0.key) }
        let run = PlaybookRun(
            program: path, playbooks: playbooks, inventory: try await inventory(options.inventory),
            group: options.group,
            host: "127.0.0.1", port: 22, knownHosts: [], variables: variables, written: .object(variables),
            timeLimit: 60)
        if let error = try await program.examine(run) { throw error }
        if let cleanup = options.cleanup {
            let reached = options.variables.filter { $0.key.hasPrefix("ansible_") }
            let all = reached.merging(cleanup.variables) { _, own in own }
            try Self.checkCleanup(all, written: .object(all))
        }
        let names = playbooks.map { $0.split(separator: "/").last.map(String.init) ?? $0 }.joined(separator: ", ")
        return Finding(.ok, "ansible: playbooks", "\(ProgramWords.line(names)) can be read")
    }

    private static func finding(_ subject: String, _ error: any Error) -> Finding {
        let error = SpawnError(wrapping: error, "it could not be looked at")
        let last = error.details.first { !error.message.contains($0) }.map { " (\($0))" } ?? ""
        return Finding(.failed, subject, error.message + last)
    }
}

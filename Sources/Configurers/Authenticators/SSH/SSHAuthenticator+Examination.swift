public import MultipleSpawner
import Transport

extension SSHAuthenticator {
    public func examine(_ options: JSONValue, machines: [MachineAddress]) async -> [Finding] {
        var findings: [Finding] = []
        do {
            let options = try SSHAuthenticatorOptions(options)
            let directory = try path(
                environment["CORC_SSH_PATH"].flatMap { $0.isEmpty ? nil : $0 } ?? options.directory ?? "~/.corc/ssh")
            findings.append(await examine(directory))
            let examination = HostKeyExamination(authenticator: self, options: options)
            for machine in try await examination.unknown(machines) {
                findings.append(
                    options.hostKeys.isEmpty && !options.acceptsNewHostKeys
                        ? Finding(
                            .failed, "host key of \(machine)",
                            "it is not known; compare it with the machine's own, and add it to \(knownHosts.path), or set "
                                + "'host_key'")
                        : Finding(.ok, "host key of \(machine)", "it is looked at when a server starts"))
            }
        } catch {
            let failure = SpawnError(wrapping: error, as: .internal, "the keys cannot be looked at")
            findings.append(Finding(.failed, "SSH keys", failure.message))
        }
        return findings
    }

    private func examine(_ directory: String) async -> Finding {
        let subject = "keys in \(directory.excerpt)"
        do {
            try await FileWork.run { () throws(SpawnError) in _ = try PrivateDirectory(directory) }
            return Finding(.ok, subject, "the directory is ours")
        } catch {
            guard error.code == .notFound else { return Finding(.failed, subject, error.message) }
            return Finding(.ok, subject, "the directory is made with the first key")
        }
    }
}

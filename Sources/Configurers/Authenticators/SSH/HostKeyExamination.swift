import MultipleSpawner
import Transport

/// Sees to it that the machines of a session are known by their host keys before anybody logs in to them.
struct HostKeyExamination: Sendable {
    let authenticator: SSHAuthenticator
    let options: SSHAuthenticatorOptions

    /// The machines that have to be introduced: those that no file knows, and those that only sessions know.
    ///
    /// What the others show is compared with what is on file when they are logged in to.
    func unknown(_ machines: [MachineAddress]) async throws -> [MachineAddress] {
        guard !machines.isEmpty else { return [] }
        for machine in machines where !KnownHostsFile.takes(machine.host, port: machine.port) {
            throw SpawnError(.invalidRequest, "'\(machine)' is no machine; give a name or an address, and a port")
        }
        let ours = try await KnownHosts.read([authenticator.knownHosts.path])
        let others = try await KnownHosts.read(try otherFiles())
        let shared = try await FileWork.run { () throws(SpawnError) in
            var shared: Set<MachineAddress> = []
            for machine in machines where try authenticator.hostLeases.isTaken("\(machine)") { shared.insert(machine) }
            return shared
        }
        var unknown: [MachineAddress] = []
        for machine in machines where !unknown.contains(machine) {
            if isKnown(machine, to: others) || !shared.contains(machine) && isKnown(machine, to: ours) { continue }
            unknown.append(machine)
        }
        return unknown
    }

    /// Writes down the keys of machines that are not known, once they are seen to be the right ones.
    ///
    /// - Throws: `forbidden` where no machine of them all is left that is known, for the reason that the first has.
    func introduce(
        _ unknown: [MachineAddress], of machines: [MachineAddress], to session: SessionID
    ) async throws {
        let refusals = try await withThrowingTaskGroup(of: (Int, SpawnError?).self) { group in
            for (index, machine) in unknown.enumerated() {
                group.addTask {
                    do {
                        try await introduce(machine, to: session)
                        return (index, nil)
                    } catch let error as SpawnError {
                        return (index, error)
                    }
                }
            }
            return try await group.reduce(into: [Int: SpawnError]()) { $0[$1.0] = $1.1 }
        }
        // As long as there is a machine that is known, the server may start there.
        if refusals.count == Set(machines).count, let first = refusals.min(by: { $0.key < $1.key }) {
            throw first.value
        }
    }

    private func introduce(_ machine: MachineAddress, to session: SessionID) async throws {
        let ours = authenticator.knownHosts
        let leases = authenticator.hostLeases
        // A machine that another session of ours was introduced to is known, as long as either needs it.
        let isShared = try await FileWork.run { () throws(SpawnError) in
            var isFirst = false
            try leases.take("\(machine)", by: session) { isFirst = true }
            return !isFirst
        }
        if isShared, isKnown(machine, to: try await KnownHosts.read([ours.path])) { return }
        let key = try believed(
            try await HostKeyScan(host: machine.host, port: machine.port).keys(), machine,
            known: try await KnownHosts.read([ours.path] + otherFiles()))
        try await ours.replace(with: [key], for: machine.host, port: machine.port, comment: "by a session")
    }

    /// The key that is believed of those that the machine shows, in the order in which they are preferred.
    private func believed(
        _ shown: [HostKey], _ machine: MachineAddress, known: KnownHosts
    ) throws(SpawnError) -> HostKey {
        let shown = shown.filter { key in
            if case .revoked = known.verdict(on: key, for: machine.host, port: machine.port) { false } else { true }
        }
        let fingerprints = shown.map { "\($0.type) \($0.fingerprint)" }.joined(separator: ", ")
        if !options.hostKeys.isEmpty {
            if let key = shown.first(where: isMeant) { return key }
            throw SpawnError(
                .forbidden,
                "'\(machine)' is not the machine that 'host_key' means: it shows \(fingerprints); somebody may be between"
            )
        }
        guard options.acceptsNewHostKeys, let key = shown.first else {
            throw SpawnError(
                .forbidden,
                "the host key of '\(machine)' is not known; it shows \(fingerprints): compare that with the machine's own, "
                    + "and set 'host_key', add it to \(authenticator.knownHosts.path), or set 'accept_new_host_keys'")
        }
        return key
    }

    /// Whether what an admin wrote is this key: the key itself, with or without a name before it, or its fingerprint.
    private func isMeant(_ text: String, _ key: HostKey) -> Bool {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        if words.contains(key.fingerprint) { return true }
        return zip(words, words.dropFirst()).contains { $0 == key.type && HostKey(type: $0, base64: $1) == key }
    }

    /// Where it is said which key the machine has, only that one makes it known.
    private func isKnown(_ machine: MachineAddress, to hosts: KnownHosts) -> Bool {
        let keys = hosts.keys(for: machine.host, port: machine.port)
        guard options.hostKeys.isEmpty else { return keys.contains(where: isMeant) }
        return !keys.isEmpty || hosts.hasAuthority(for: machine.host, port: machine.port)
    }

    private func isMeant(_ key: HostKey) -> Bool { options.hostKeys.contains { isMeant($0, key) } }

    /// The files that a backend looks at besides ours.
    private func otherFiles() throws(SpawnError) -> [String] {
        var files: [String] = []
        for file in options.knownHosts { files.append(try authenticator.path(file)) }
        guard files.isEmpty else { return files }
        let home = authenticator.environment["HOME"] ?? ""
        return [authenticator.stateDirectory + "/known_hosts"]
            + (home.hasPrefix("/") ? [home + "/.ssh/known_hosts"] : []) + ["/etc/ssh/ssh_known_hosts"]
    }
}

import MultipleSpawner

/// What `ssh` says on its error output when it fails, in words that tell a person what to do.
struct OpenSSHComplaint: Error, CustomStringConvertible {
    let lines: [String]

    init(_ text: String) {
        lines = text.split(whereSeparator: \.isNewline).map { String($0) }
    }

    init(lines: [String]) {
        self.lines = lines
    }

    /// For the log.
    var description: String { lines.suffix(8).joined(separator: " | ") }

    /// Why no connection came about.
    ///
    /// - Parameter fault: what is wrong with the certificate that was tried, where that is known.
    func reason(of target: SSHTarget, fault: String? = nil) -> SpawnError {
        if let error = hostKey(target) ?? login(target, fault) { return error }
        for (sign, meaning) in Self.faults where holds(sign) {
            return SpawnError(.unavailable, "\(target) cannot be reached: \(meaning)", cause: self)
        }
        if let line = line(with: "Unable to negotiate") {
            return SpawnError(
                .unsupported, "\(target) and ssh have no algorithm in common", details: [line.excerpt], cause: self)
        }
        let last = lines.last { !$0.isEmpty }.map { ": \($0.excerpt)" } ?? ", and ssh did not say why"
        return SpawnError(.unavailable, "the connection to \(target) ended\(last)", cause: self)
    }

    /// Whether it is the connection that failed, and not the command.
    var isOfConnection: Bool {
        ["mux_client", "muxclient:", "kex_exchange_identification", "Control socket connect("].contains(where: holds)
    }

    /// The machine takes no further command on this connection now. Nothing was run.
    var isFull: Bool { holds("session request failed: Session open refused by peer") }

    /// Why a tunnel was refused, as the connection itself told it.
    func tunnel(to end: TunnelEnd, at target: SSHTarget) -> SpawnError? {
        guard let line = lines.last(where: { $0.contains("open failed:") }) else { return nil }
        if line.contains("administratively prohibited") {
            return SpawnError(
                .forbidden,
                "\(target) forbids tunnels; set 'AllowTcpForwarding yes' in its sshd_config, and look at 'PermitOpen'")
        }
        return SpawnError(
            .backendFailed, "nobody listens at \(end) of \(target)", cause: OpenSSHComplaint(lines: [line]))
    }

    private func hostKey(_ target: SSHTarget) -> SpawnError? {
        let file = target.hostKeys.files.first ?? "known_hosts"
        if holds("marked as revoked") || holds(" was revoked ") {
            return SpawnError(
                .forbidden, "the host key of \(target) is revoked; do not use this machine before it has a new one",
                cause: self)
        }
        if holds("IDENTIFICATION HAS CHANGED") {
            let place = line(with: "Offending ").flatMap { $0.split(separator: " ").last.map(String.init) } ?? file
            return SpawnError(
                .forbidden,
                "the host key of \(target) is not the one in \(place): the machine was set up anew, or another one "
                    + "answers in its place; remove that line only when you know which", cause: self)
        }
        guard holds("Host key verification failed") || holds("host key is known for") else { return nil }
        return SpawnError(
            .forbidden,
            "the host key of \(target) is not known; compare its fingerprint and add its line to \(file.excerpt) (ssh-keyscan "
                + "-p \(target.port) \(target.host.excerpt)), or set 'host_keys' to 'accept-new'", cause: self)
    }

    /// Whether it was the login that failed.
    var isOfLogin: Bool { holds("Permission denied (") || holds("Too many authentication failures") }

    private func login(_ target: SSHTarget, _ fault: String?) -> SpawnError? {
        guard isOfLogin else { return nil }
        if case .key(let key, let certificate, _) = target.credential {
            if holds("bad permissions") {
                return SpawnError(
                    .unauthorized, "the key '\(key.excerpt)' can be read by others and is not used; chmod 600 it")
            }
            for path in [key, certificate].compactMap({ $0 })
            where holds("\(path): No such file") || holds("\(path) not accessible") {
                return SpawnError(.unauthorized, "the key '\(path.excerpt)' is not there; name one in 'ssh_keyfile'")
            }
        }
        let methods = line(with: "Permission denied (").flatMap { line -> String? in
            guard let open = line.lastIndex(of: "("), let close = line.lastIndex(of: ")"), open < close else {
                return nil
            }
            return String(line[line.index(after: open)..<close]).excerpt
        }
        let advice = fault.map { ": \($0)" } ?? "; check the account, its key or certificate, and the server's log"
        return SpawnError(
            .unauthorized,
            "the login at \(target) was refused (the server takes \(methods ?? "something else"))\(advice)", cause: self
        )
    }

    private static let faults = [
        ("Could not resolve hostname", "its name cannot be resolved"),
        ("Connection refused", "nothing listens there (connection refused)"),
        ("No route to host", "there is no route to it"),
        ("Network is unreachable", "its network is unreachable"),
        ("timed out", "it does not answer in time"),
        ("not responding", "it does not answer any more"),
        ("Connection reset", "it reset the connection"),
        ("Broken pipe", "the connection was cut"),
        ("closed by remote host", "it closed the connection"),
        ("Connection closed", "it closed the connection"),
    ]

    private func holds(_ sign: String) -> Bool { lines.contains { $0.contains(sign) } }

    private func line(with sign: String) -> String? { lines.last { $0.contains(sign) } }
}

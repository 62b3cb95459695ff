import MultipleSpawner

/// The command lines of `ssh`. Nothing secret is in them, and no file of the account's own is read.
struct OpenSSHArguments {
    let target: SSHTarget
    let program: String

    /// Where nothing is heard of the machine for three of these, the link is lost, in seconds.
    private static let aliveInterval = 10
    private static let connectTimeout = 10

    /// The one that connects and stays. What it runs there says that the connection stands, and ends when our end of it
    /// does: a daemon that was killed leaves no connection.
    func master(control: String, marker: String) throws(SpawnError) -> [String] {
        let connect = try options(of: target) + proxy(target.jumps)
        return ["-M", "-S", control, "-T", "-a", "-x", "-o", "ControlPersist=no"] + connect
            + ["--", target.host, "echo \(marker); exec cat >/dev/null"]
    }

    /// One that goes over the connection that stands, and never makes one of its own.
    static func sharing(control: String, _ rest: [String]) -> [String] {
        [
            "-F", "/dev/null", "-S", control, "-T", "-a", "-x", "-o", "ControlMaster=no", "-o", "BatchMode=yes",
            "-o", "ProxyCommand=/bin/false", "-o", "LogLevel=ERROR",
        ] + rest
    }

    private func options(of target: SSHTarget) throws(SpawnError) -> [String] {
        try Self.check(target)
        var options = [
            "Port=\(target.port)", "StrictHostKeyChecking=\(target.hostKeys.acceptsNew ? "accept-new" : "yes")",
            "UserKnownHostsFile=\(try Self.paths(target.hostKeys.files))", "GlobalKnownHostsFile=/dev/null",
            "UpdateHostKeys=no", "HashKnownHosts=no", "CheckHostIP=no", "GSSAPIAuthentication=no",
            "ServerAliveInterval=\(Self.aliveInterval)", "ServerAliveCountMax=3", "TCPKeepAlive=yes",
            "ConnectTimeout=\(Self.connectTimeout)", "ConnectionAttempts=1", "ExitOnForwardFailure=yes",
            "StreamLocalBindUnlink=yes", "NumberOfPasswordPrompts=1", "LogLevel=INFO",
        ]
        switch target.credential {
        case .key(let file, let certificate, let passphrase):
            options += ["IdentitiesOnly=yes", "IdentityAgent=none", "IdentityFile=\(try Self.paths([file]))"]
            options += ["PreferredAuthentications=publickey", "BatchMode=\(passphrase == nil ? "yes" : "no")"]
            if let certificate { options.append("CertificateFile=\(try Self.paths([certificate]))") }
        case .password:
            options += ["IdentitiesOnly=yes", "IdentityAgent=none", "IdentityFile=none", "BatchMode=no"]
            options.append("PreferredAuthentications=password,keyboard-interactive")
        case .agent(let socket):
            options += ["IdentityAgent=\(try Self.paths([socket]))", "IdentityFile=none", "BatchMode=yes"]
            options.append("PreferredAuthentications=publickey")
        }
        return ["-F", "/dev/null", "-l", target.user] + options.flatMap { ["-o", $0] }
    }

    /// Each machine on the way is connected to with its own credential, by an `ssh` that the next one starts.
    private func proxy(_ jumps: [SSHTarget]) throws(SpawnError) -> [String] {
        guard let last = jumps.last else { return [] }
        guard !last.needsSecret else {
            throw SpawnError(
                .unsupported,
                "the machine on the way \(last) wants a password or a passphrase, which the OpenSSH transport gives to "
                    + "the last machine alone; use a key without a passphrase there")
        }
        let words = try [program] + options(of: last) + proxy(Array(jumps.dropLast())) + ["-T", "-a", "-x"]
        // A '%' of ours is none of ssh's, but for the two that name the next machine.
        let quoted = words.map { ShellQuote.quoted($0).split(separator: "%", omittingEmptySubsequences: false) }
            .map { $0.joined(separator: "%%") }
        let command = (quoted + ["-W", "'[%h]:%p'", "--", ShellQuote.quoted(last.host)]).joined(separator: " ")
        return ["-o", "ProxyCommand=\(command)"]
    }

    /// Paths as `ssh_config` writes them, without the expansions that it would make.
    static func paths(_ paths: [String]) throws(SpawnError) -> String {
        var quoted: [String] = []
        for path in paths {
            guard !path.unicodeScalars.contains(where: { $0.isControl || $0 == "\"" || $0 == "$" || $0 == "\\" }) else {
                throw SpawnError(
                    .invalidRequest, "the path '\(path.excerpt)' holds a character that ssh cannot take; rename it")
            }
            quoted.append("\"\(path.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%"))\"")
        }
        return quoted.isEmpty ? "/dev/null" : quoted.joined(separator: " ")
    }

    private static func check(_ target: SSHTarget) throws(SpawnError) {
        guard isPlain(target.host), !target.host.utf8.contains(UInt8(ascii: "/")), isPlain(target.user),
            (1...65535).contains(target.port)
        else {
            throw SpawnError(.invalidRequest, "\(target) is no machine that can be reached by SSH; correct its name")
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.first != UInt8(ascii: "-")
            && !name.unicodeScalars.contains {
                $0.isControl || $0.properties.isWhitespace || "%\"'`$\\;&|<>(){}".unicodeScalars.contains($0)
            }
    }
}

extension SSHTarget {
    /// Whether something has to be typed for it.
    var needsSecret: Bool {
        switch credential {
        case .key(_, _, let passphrase): passphrase != nil
        case .password: true
        case .agent: false
        }
    }
}

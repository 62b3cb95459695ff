import CLibSSH2
import MultipleSpawner

extension SSHLogin {
    /// The types of host keys that libssh2 can check, the preferred first.
    private static let checkable = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
    ]

    /// What is agreed on with the machine: were it left to it, it might show a key that is not the one on file.
    func hostKeyTypes(_ known: KnownHosts) -> [String] {
        let types = known.keyTypes(for: target.host, port: target.port)
        guard !types.isEmpty else { return Self.checkable }
        let usable = types.filter(Self.checkable.contains)
        return usable.isEmpty ? types : usable
    }

    /// Believes the machine or ends the login, before anything of us is told to it.
    ///
    /// - Returns: a key that is believed because new ones are.
    func checkHostKey(_ session: SSHSession, _ known: KnownHosts) throws -> HostKey? {
        var count = 0
        var type: Int32 = 0
        guard let bytes = libssh2_session_hostkey(session.pointer, &count, &type),
            let key = HostKey(blob: Array(UnsafeRawBufferPointer(start: bytes, count: count)))
        else {
            throw SpawnError(.forbidden, "\(target.hostAndPort) shows no host key that can be read")
        }
        let place = target.hostAndPort
        switch known.verdict(on: key, for: target.host, port: target.port) {
        case .trusted:
            return nil
        case .unknown where target.hostKeys.acceptsNew && !target.hostKeys.files.isEmpty:
            return key
        case .unknown, .certificateAuthority:
            let name = String(decoding: HostPatterns.name(target.host, port: target.port), as: UTF8.self)
            let file = target.hostKeys.files.first ?? "a known_hosts file"
            throw SpawnError(
                .forbidden,
                """
                the host key of \(place) is not known; if its fingerprint is \(key.fingerprint), add this line to \
                \(file): \(name) \(key)
                """)
        case .changed(let file, let line, let known):
            throw SpawnError(
                .forbidden,
                """
                the host key of \(place) has changed: it shows \(key.type) \(key.fingerprint), and \(file):\(line) \
                has another \(known); if the machine was set up anew, remove that line, else somebody is in between
                """)
        case .revoked(let file, let line):
            throw SpawnError(
                .forbidden,
                "the host key \(key.fingerprint) of \(place) is revoked by \(file):\(line); give the machine a new one")
        }
    }
}

import CLibSSH2
import Glibc
import MultipleSpawner

extension SSHLogin {
    /// Proves who we are.
    func authenticate(_ session: SSHSession) throws {
        guard let methods = try methods(session) else { return }
        switch target.credential {
        case .key(let file, let certificate, let passphrase):
            try authenticate(session, methods, file: file, certificate: certificate, passphrase: passphrase)
        case .password(let password):
            try authenticate(session, methods, password: password)
        case .agent(let socket):
            try authenticate(session, methods, agent: socket)
        }
    }

    /// What the server takes, as it says: `publickey,password`; `nil` where it has let us in already.
    private func methods(_ session: SSHSession) throws -> String? {
        let user = target.user
        var methods: String?
        let code = try patience.repeating(session.wire) {
            guard let list = libssh2_userauth_list(session.pointer, user, UInt32(user.utf8.count)) else {
                return libssh2_userauth_authenticated(session.pointer) == 1
                    ? 0 : libssh2_session_last_errno(session.pointer)
            }
            methods = String(cString: list)
            return 0
        }
        guard code == 0 else { throw lost(session) }
        return methods
    }

    private func authenticate(
        _ session: SSHSession, _ methods: String, file: String, certificate: String?, passphrase: Secret?
    ) throws {
        let key = try PrivateKey(file: file, passphrase: passphrase)
        let tried = certificate.map { "the key \(file) and the certificate \($0)" } ?? "the key \(file)"
        switch key.kind {
        case .rsa(let signer):
            guard certificate == nil else { throw lacking("certificates of RSA keys (\(certificate ?? ""))") }
            try check(session, signer.authenticate(session, as: target.user, patience), methods, tried)
        case .sealed:
            throw lacking("RSA keys of OpenSSH's format with a passphrase (\(file))")
        case .other:
            var line: [UInt8] = []
            if let certificate {
                line = try PrivateKey.content(of: certificate, isSecret: false)
                guard line.starts(with: Array("ecdsa-".utf8)) else {
                    throw lacking("certificates of other keys than ECDSA (\(certificate))")
                }
            }
            let code = try patience.repeating(session.wire) {
                libssh2_userauth_publickey_frommemory(
                    session.pointer, target.user, target.user.utf8.count, line.isEmpty ? nil : line.characters,
                    line.count, key.content.characters, key.content.count, passphrase?.reveal())
            }
            let failure = session.failure
            if code != 0, failure.ending == nil, !failure.isRefusalOfKey {
                throw key.unusable(passphrase == nil ? "it is no private key" : "is the passphrase right?")
            }
            try check(session, code, methods, tried)
        }
    }

    private func authenticate(_ session: SSHSession, _ methods: String, password: Secret) throws {
        let offered = methods.split(separator: ",")
        var code = LIBSSH2_ERROR_AUTHENTICATION_FAILED
        let secret = password.reveal()
        if offered.contains("password") {
            code = try patience.repeating(session.wire) {
                libssh2_userauth_password_ex(
                    session.pointer, target.user, UInt32(target.user.utf8.count), secret, UInt32(secret.utf8.count),
                    nil)
            }
        }
        if code == LIBSSH2_ERROR_AUTHENTICATION_FAILED, offered.contains("keyboard-interactive") {
            session.wire.password = secret
            defer { session.wire.password = nil }
            code = try patience.repeating(session.wire) {
                libssh2_userauth_keyboard_interactive_ex(
                    session.pointer, target.user, UInt32(target.user.utf8.count),
                    { _, _, _, _, count, prompts, responses, context in
                        guard let prompts, let responses else { return }
                        for index in 0..<Int(count) {
                            responses[index].text = nil
                            responses[index].length = 0
                            // The first question that is not to be seen, and no other.
                            guard prompts[index].echo == 0, let wire = SSHWire.from(context), let text = wire.password
                            else { continue }
                            responses[index].text = strdup(text)
                            responses[index].length = UInt32(text.utf8.count)
                            wire.password = nil
                        }
                    })
            }
        }
        try check(session, code, methods, "a password")
    }

    private func authenticate(_ session: SSHSession, _ methods: String, agent path: String) throws {
        let agent = try SSHAgent(path: path, deadline: patience.deadline)
        let signers = try agent.signers()
        guard !signers.isEmpty else {
            throw SpawnError(.unauthorized, "the agent at \(path) has no keys; add one with ssh-add")
        }
        var code = LIBSSH2_ERROR_AUTHENTICATION_FAILED
        for signer in signers {
            code = try signer.authenticate(session, as: target.user, patience)
            if code == 0 { return }
            if session.failure.isLoss { break }
        }
        try check(session, code, methods, "the \(signers.count) keys of the agent at \(path)")
    }

    private func check(_ session: SSHSession, _ code: Int32, _ methods: String, _ tried: String) throws {
        guard code != 0 else { return }
        if session.failure.isLoss, session.failure.ending != nil { throw lost(session) }
        let fault = SSHCertificate.fault(of: target).map { ": \($0)" } ?? ""
        throw SpawnError(
            .unauthorized,
            "\(target.hostAndPort) does not let '\(target.user.excerpt)' in with \(tried)\(fault); it takes: \(methods)",
            cause: session.failure)
    }

    private func lost(_ session: SSHSession) -> SpawnError {
        SpawnError(
            .unavailable, "the connection to \(target.hostAndPort) was lost during the login: \(session.failure)",
            cause: session.failure)
    }

    private func lacking(_ what: String) -> Lacking {
        Lacking(error: SpawnError(.unsupported, "libssh2 cannot log in with \(what); use an ed25519 or ECDSA key"))
    }
}

extension [UInt8] {
    /// As C's functions want text that has a length of its own.
    fileprivate var characters: [CChar] { map(CChar.init(bitPattern:)) }
}

import CLibSSH2
import Glibc
import MultipleSpawner

/// Makes one connection, step after step, on a thread of its own: names, keys with passphrases and agents block.
struct SSHLogin {
    let target: SSHTarget
    let patience: LoginPatience
    let limits: SSHLimits

    /// What a login brings.
    struct Result: Sendable {
        let session: SSHSession
        /// A key that is believed for the first time, to be written down.
        let newKey: HostKey?
    }

    /// A connection that libssh2 cannot make, and OpenSSH may.
    struct Lacking: Error {
        let error: SpawnError
    }

    /// - Parameter carried: the connection, where somebody else has made it: a machine on the way. It is taken over.
    /// - Throws: `SpawnError`, `Lacking` or `CancellationError`.
    func run(over carried: Int32?) throws -> Result {
        do {
            guard let session = SSHSession(try connected(carried)) else {
                throw SpawnError(.internal, "libssh2 cannot be started")
            }
            let known = try KnownHosts(files: target.hostKeys.files)
            try shakeHands(session, known)
            let newKey = try checkHostKey(session, known)
            try authenticate(session)
            return Result(session: session, newKey: newKey)
        } catch LoginPatience.GivenUp.timedOut {
            throw SpawnError(.timedOut, "\(target) did not let us in within \(limits.connect)")
        } catch LoginPatience.GivenUp.cancelled {
            throw CancellationError()
        }
    }

    private func connected(_ carried: Int32?) throws -> OpenSocket {
        if let carried { return OpenSocket(owning: carried) }
        return try connect()
    }

    private func shakeHands(_ session: SSHSession, _ known: KnownHosts) throws {
        try choose(LIBSSH2_METHOD_HOSTKEY, hostKeyTypes(known).joined(separator: ","), session)
        // The quickest that are safe first: libssh2 hands its cipher 16 bytes at a time.
        let ciphers = "aes128-ctr,aes192-ctr,aes256-ctr"
        try choose(LIBSSH2_METHOD_CRYPT_CS, ciphers, session)
        try choose(LIBSSH2_METHOD_CRYPT_SC, ciphers, session)
        let codes = "hmac-sha2-256,hmac-sha2-512"
        try choose(LIBSSH2_METHOD_MAC_CS, codes, session)
        try choose(LIBSSH2_METHOD_MAC_SC, codes, session)
        let code = try patience.repeating(session.wire) {
            libssh2_session_handshake(session.pointer, session.wire.descriptor)
        }
        guard code != 0 else { return }
        let failure = session.failure
        switch code {
        case LIBSSH2_ERROR_KEX_FAILURE, LIBSSH2_ERROR_HOSTKEY_INIT, LIBSSH2_ERROR_METHOD_NOT_SUPPORTED:
            guard failure.ending == nil || failure.ending == 0 else { break }
            throw Lacking(
                error: SpawnError(
                    .unsupported,
                    """
                    no key exchange with \(target.hostAndPort): libssh2 speaks \(ciphers) with \(codes) and keys of the \
                    types \(hostKeyTypes(known).joined(separator: ",")); allow one of each in the server's \
                    sshd_config (Ciphers, MACs, HostKeyAlgorithms)
                    """, cause: failure))
        case LIBSSH2_ERROR_BANNER_RECV where failure.ending == nil:
            throw SpawnError(
                .unavailable, "what answers at \(target.hostAndPort) does not speak SSH; check host and port",
                cause: failure)
        default:
            break
        }
        throw SpawnError(
            .unavailable,
            """
            \(target.hostAndPort) ended the connection before the login: \(failure); if it is busy, raise MaxStartups \
            in its sshd_config
            """, cause: failure)
    }

    private func choose(_ method: Int32, _ names: String, _ session: SSHSession) throws {
        guard libssh2_session_method_pref(session.pointer, method, names) == 0 else {
            throw Lacking(
                error: SpawnError(.unsupported, "libssh2 knows none of \(names)", cause: session.failure))
        }
    }
}

extension SSHTarget {
    /// `gpu-2:22`.
    var hostAndPort: String {
        "\(host.contains(":") ? "[\(host.excerpt)]" : host.excerpt):\(port)"
    }
}

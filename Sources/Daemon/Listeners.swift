import FoundationEssentials
import Glibc
import MultipleSpawner
import NIOSSL

/// The unix socket: made private first, opened to those whom the settings name.
struct UnixSocketListener: Sendable {
    private let path: String
    private let mode: UInt32
    private let group: String?

    init(settings: Settings) {
        path = settings.socket
        mode = settings.socketMode
        group = settings.socketGroup
    }

    /// Removes what a killed daemon left; the lock of the state directory says that no other one is there.
    ///
    /// - Returns: the mask to be set again by `open`: the users' servers inherit it.
    func clear() throws(SpawnError) -> mode_t {
        guard path.utf8.count < 108 else {
            throw SpawnError(
                .invalidRequest, "the socket path '\(path.excerpt)' is longer than 107 bytes; choose another")
        }
        var status = stat()
        if let group, getgrnam(group) == nil {
            throw SpawnError(.invalidRequest, "there is no group '\(group.excerpt)'; correct socket_group")
        }
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else {
                throw SpawnError(
                    .invalidRequest, "'\(path)' is there and is no socket; remove it, or choose another --socket")
            }
            unlink(path)
        }
        // The file is made with the mask's mode: nobody else may connect before `open` has set the right one.
        return umask(0o177)
    }

    func open(restoring mask: mode_t) {
        umask(mask)
        if let group, let entry = getgrnam(group) { _ = chown(path, uid_t.max, entry.pointee.gr_gid) }
        chmod(path, mode)
    }
}

/// HOST:PORT with TLS and tokens. Plain TCP is for loopback alone, and needs a token too.
struct TLSListener {
    let host: String
    let port: Int
    let tokens: [Gatekeeper.Token]
    /// `nil`: plain TCP on loopback.
    let configuration: TLSConfiguration?

    init(_ address: String, settings: Settings) throws(SpawnError) {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
            (0...65_535).contains(port)
        else {
            throw SpawnError(.invalidRequest, "--listen is '\(address.excerpt)'; give HOST:PORT")
        }
        host = String(address[..<colon]).trimmingBrackets
        self.port = port
        guard let tokenFile = settings.tokenFile else {
            throw SpawnError(
                .invalidRequest, "--listen needs --token-file: whoever reaches the port could start servers")
        }
        tokens = try Self.tokens(tokenFile)
        switch (settings.tlsCertificate, settings.tlsKey) {
        case (let certificate?, let key?):
            do {
                configuration = .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
            } catch {
                throw SpawnError(
                    .invalidRequest, "the certificate '\(certificate)' or its key '\(key)' cannot be read", cause: error
                )
            }
        case (nil, nil) where ["127.0.0.1", "::1", "localhost"].contains(host):
            configuration = nil
        default:
            throw SpawnError(
                .invalidRequest,
                "--listen \(address.excerpt) needs --tls-certificate and --tls-key; only loopback does without")
        }
    }

    /// Where Docker put the file, its mode is the service's to say, and `chmod` cannot change it.
    static func privacyRemedy(_ path: String) -> String {
        path.utf8.starts(with: "/run/secrets/".utf8)
            ? "give the service this secret by its long form: {source: …, target: …, mode: 0400}" : "chmod 600 it"
    }

    private static func tokens(_ path: String) throws(SpawnError) -> [Gatekeeper.Token] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw SpawnError(.invalidRequest, "cannot read '\(path)': \(errorText())")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw SpawnError(
                .invalidRequest, "'\(path)' holds tokens and others may read it; \(Self.privacyRemedy(path))")
        }
        let text = String(decoding: try FileBytes.read(path), as: UTF8.self)
        var tokens: [Gatekeeper.Token] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count <= 2, let token = words.last else {
                throw SpawnError(
                    .invalidRequest, "'\(path)', line \(number + 1), has more than two words; write TOKEN, or HUB TOKEN"
                )
            }
            tokens.append(Gatekeeper.Token(hub: words.count == 2 ? String(first) : nil, token: String(token)))
        }
        guard !tokens.isEmpty else {
            throw SpawnError(.invalidRequest, "'\(path)' holds no token; write one line: TOKEN, or HUB TOKEN")
        }
        return tokens
    }
}

extension String {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}

import CLibSSH2
import Glibc
import MultipleSpawner

/// A private key from a file that nobody else can read.
struct PrivateKey {
    enum Kind {
        /// RSA, which we sign with ourselves: libssh2 would with SHA-1, which servers refuse.
        case rsa(PublicKeySigner)
        /// RSA that only OpenSSH can open.
        case sealed
        /// What libssh2 reads and signs with itself.
        case other
    }

    let file: String
    let content: [UInt8]
    private(set) var kind = Kind.other

    /// - Throws: `invalid_request` where others may read the file, where it is no key, or where its passphrase is missing.
    init(file: String, passphrase: Secret?) throws(SpawnError) {
        self.file = file
        content = try Self.content(of: file, isSecret: true)
        let text = String(decoding: content, as: UTF8.self)
        if let key = OpenSSHKey(text) {
            guard !key.isEncrypted || passphrase != nil else { throw unusable("it has a passphrase; give it") }
            guard key.type == "ssh-rsa" else { return }
            guard !key.isEncrypted else {
                kind = .sealed
                return
            }
            guard let numbers = key.rsaNumbers, let signer = PublicKeySigner(rsa: numbers) else {
                throw unusable("its numbers cannot be read")
            }
            kind = .rsa(signer)
            return
        }
        guard text.contains("PRIVATE KEY-----") else { throw unusable("it is no private key") }
        guard !text.contains("ENCRYPTED") || passphrase != nil else { throw unusable("it has a passphrase; give it") }
        if let signer = try pemSigner(passphrase) { kind = .rsa(signer) }
    }

    func unusable(_ reason: String) -> SpawnError {
        SpawnError(.invalidRequest, "the key \(file) cannot be used: \(reason)")
    }

    private func pemSigner(_ passphrase: Secret?) throws(SpawnError) -> PublicKeySigner? {
        guard let key = clibssh2_pem_key(content, Int32(content.count), passphrase?.reveal()) else {
            throw unusable(passphrase == nil ? "it is no private key" : "is the passphrase right?")
        }
        guard clibssh2_is_rsa(key) != 0 else {
            EVP_PKEY_free(key)
            return nil
        }
        return PublicKeySigner(takingOver: key)
    }

    /// Reads a file of some kilobytes.
    ///
    /// - Parameter isSecret: whether it is refused where others may read it.
    static func content(of file: String, isSecret: Bool) throws(SpawnError) -> [UInt8] {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw SpawnError(.invalidRequest, "cannot read the key \(file): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SpawnError(.invalidRequest, "the key \(file) is no file")
        }
        if isSecret, status.st_mode & 0o077 != 0 {
            throw SpawnError(.invalidRequest, "others can read the key \(file); run: chmod 600 \(file)")
        }
        guard status.st_size <= 1 << 16 else {
            throw SpawnError(.invalidRequest, "the key \(file) has more than 64 KiB; it is no key")
        }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count)
            }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { break }
            count += more
        }
        return Array(bytes.prefix(count))
    }
}

import Glibc
public import MultipleSpawner

/// A key and its certificate as files of a private directory: `name`, `name.pub` and `name-cert.pub`.
///
/// A file is there whole or not at all, and the private key is readable by its owner alone from its first instant.
public struct SSHKeyFiles: Sendable, Hashable {
    public let directory: String
    public let name: String

    /// - Parameters:
    ///   - directory: made with mode 0700 where it is missing.
    ///   - name: of the private key.
    public init(directory: String, name: String) {
        self.directory = directory
        self.name = name
    }

    public var privateFile: String { "\(directory)/\(name)" }
    public var publicFile: String { privateFile + ".pub" }
    public var certificateFile: String { privateFile + "-cert.pub" }

    /// Writes a key, in place of one that may be there.
    public func store(_ pair: SSHKeyPair) async throws(SpawnError) {
        try await FileWork.run { () throws(SpawnError) in
            let directory = try PrivateDirectory(making: directory)
            try directory.removeLeftovers(of: name)
            // The old key's public half and certificate must not outlive it.
            try removeAll(in: directory)
            try directory.replace(name, with: OpenSSHPrivateKey.encode(pair))
            try directory.replace(name + ".pub", with: Array((pair.publicLine + "\n").utf8), mode: 0o644)
        }
    }

    /// The key; `nil` where there is none. A public half that is missing is written.
    ///
    /// - Throws: `invalid_request` where others may read the key, another account owns it, or its halves differ.
    public func load() async throws(SpawnError) -> SSHKeyPair? {
        try await FileWork.run { () throws(SpawnError) in
            let directory = try PrivateDirectory(making: directory)
            guard let bytes = try privateBytes(in: directory) else { return nil }
            let pair: SSHKeyPair
            do throws(SpawnError) {
                pair = try OpenSSHPrivateKey.decode(bytes)
            } catch {
                throw SpawnError(error.code, "'\(privateFile.excerpt)': \(error.message)")
            }
            try checkPublicHalf(pair.publicKey, comment: pair.comment, in: directory)
            return pair
        }
    }

    /// The public half of the key, in whatever format OpenSSH reads; `nil` where there is none.
    ///
    /// - Throws: as `load`.
    public func loadPublicKey() async throws -> SSHPublicKey? {
        let isOurs: Bool? = try await FileWork.run { () throws(SpawnError) in
            try privateBytes(in: PrivateDirectory(making: directory))?.starts(with: OpenSSHPrivateKey.begin.utf8)
        }
        guard let isOurs else { return nil }
        if isOurs { return try await load()?.publicKey }
        // The older formats are OpenSSL's: OpenSSH's own program reads them.
        let answer = try await HelperProgram(["ssh-keygen", "-y", "-P", "", "-f", privateFile]).run()
        guard answer.status == 0, let key = SSHPublicKey(line: answer.text) else {
            throw SpawnError(
                .invalidRequest,
                "'\(privateFile.excerpt)' is no private key without a passphrase; convert it with ssh-keygen -p")
        }
        try await FileWork.run { () throws(SpawnError) in
            try checkPublicHalf(key, comment: "", in: PrivateDirectory(directory))
        }
        return key
    }

    /// Writes a certificate for the key, as one line.
    public func store(_ certificate: SSHCertificate) async throws(SpawnError) {
        try await FileWork.run { () throws(SpawnError) in try write(certificate) }
    }

    /// The same, on the calling thread.
    public func write(_ certificate: SSHCertificate) throws(SpawnError) {
        try PrivateDirectory(directory).replace(
            name + "-cert.pub", with: Array("\(certificate)\n".utf8), mode: 0o644)
    }

    /// The certificate; `nil` where there is none that can be read.
    public func loadCertificate() async throws(SpawnError) -> SSHCertificate? {
        try await FileWork.run { () throws(SpawnError) in
            let bytes = try PrivateDirectory(making: directory).read(name + "-cert.pub", limit: 1 << 16)
            return bytes.flatMap { SSHCertificate(line: String(decoding: $0, as: UTF8.self)) }
        }
    }

    /// Removes all of it. What is not there is no error.
    public func remove() async throws(SpawnError) {
        try await FileWork.run { () throws(SpawnError) in try remove() }
    }

    /// The same, on the calling thread.
    public func remove() throws(SpawnError) {
        let opened: PrivateDirectory
        do throws(SpawnError) {
            opened = try PrivateDirectory(directory)
        } catch {
            guard error.code == .notFound else { throw error }
            return
        }
        try removeAll(in: opened)
        try opened.removeLeftovers(of: name)
    }

    /// The comment of the key, empty where it cannot be read; `nil` where there is no key. On the calling thread.
    public func comment() throws(SpawnError) -> String? {
        guard let bytes = try PrivateDirectory(making: directory).read(name, limit: 1 << 16) else { return nil }
        return (try? OpenSSHPrivateKey.decode(bytes))?.comment ?? ""
    }

    private func removeAll(in directory: borrowing PrivateDirectory) throws(SpawnError) {
        for name in [name + "-cert.pub", name + ".pub", name] { try directory.remove(name) }
    }

    private func privateBytes(in directory: borrowing PrivateDirectory) throws(SpawnError) -> [UInt8]? {
        guard let bytes = try directory.read(name, limit: 1 << 16) else { return nil }
        guard let status = try directory.status(of: name), status.isPrivate, status.owner == geteuid() else {
            throw SpawnError(
                .invalidRequest,
                "the private key '\(privateFile.excerpt)' is not this account's alone; use chown and chmod 600, or make "
                    + "a new one where others have read it")
        }
        return bytes
    }

    private func checkPublicHalf(
        _ key: SSHPublicKey, comment: String, in directory: borrowing PrivateDirectory
    ) throws(SpawnError) {
        guard let bytes = try directory.read(name + ".pub", limit: 1 << 16) else {
            let line = "\(key)\(comment.isEmpty ? "" : " \(comment)")\n"
            return try directory.replace(name + ".pub", with: Array(line.utf8), mode: 0o644)
        }
        guard SSHPublicKey(line: String(decoding: bytes, as: UTF8.self)) == key else {
            throw SpawnError(
                .invalidRequest,
                "'\(publicFile.excerpt)' is not the public half of '\(name.excerpt)'; remove it, or make it again with "
                    + "ssh-keygen -y")
        }
    }
}

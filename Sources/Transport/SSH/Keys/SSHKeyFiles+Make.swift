import MultipleSpawner

extension SSHKeyFiles {
    /// Makes a new key and writes it, in place of one that may be there.
    ///
    /// - Parameter comment: ends the public line; one line.
    public func make(_ type: SSHKeyType, comment: String) async throws -> SSHPublicKey {
        let pair = try await pair(type, comment: comment)
        try await store(pair)
        return pair.publicKey
    }

    /// Makes a key unless there is one. Several that ask at once get the same.
    public func makeIfMissing(_ type: SSHKeyType, comment: String) async throws -> SSHPublicKey {
        if let known = try await loadPublicKey() { return known }
        let pair = try await pair(type, comment: comment)
        try await FileWork.run { () throws(SpawnError) in
            // Where somebody else was first, that key is the one.
            _ = try PrivateDirectory(making: directory).create(name, OpenSSHPrivateKey.encode(pair))
        }
        guard let key = try await loadPublicKey() else {
            throw SpawnError(.unavailable, "the key '\(privateFile.excerpt)' was removed while it was made")
        }
        return key
    }

    private func pair(_ type: SSHKeyType, comment: String) async throws -> SSHKeyPair {
        guard !comment.unicodeScalars.contains(where: \.isControl) else {
            throw SpawnError(.internal, "the comment '\(comment.excerpt)' is more than a line")
        }
        switch type {
        case .ed25519: return .ed25519(comment: comment)
        case .ecdsa: return .ecdsa(comment: comment)
        case .rsa(let bits): return try await rsa(bits, comment: comment)
        }
    }

    /// OpenSSH's own program finds the primes, in a private directory of its own.
    private func rsa(_ bits: Int, comment: String) async throws -> SSHKeyPair {
        guard (SSHKeyType.fewestBits...16384).contains(bits) else {
            throw SpawnError(
                .invalidRequest,
                "an RSA key of \(bits) bits is not made; ask for \(SSHKeyType.fewestBits) to 16384 bits, or for no size, "
                    + "which makes an ed25519 key")
        }
        let work = SSHKeyFiles(directory: directory, name: ".\(name).\(UInt64.random(in: 0 ... .max))")
        try await FileWork.run { () throws(SpawnError) in _ = try PrivateDirectory(making: directory) }
        let program = HelperProgram(
            ["ssh-keygen", "-q", "-t", "rsa", "-b", String(bits), "-N", "", "-C", comment, "-f", work.privateFile],
            limit: .seconds(120))
        do {
            let answer = try await program.run()
            guard answer.status == 0, let pair = try await work.load() else {
                throw SpawnError(.backendFailed, "ssh-keygen made no RSA key: \(answer.text.excerpt)")
            }
            try await work.remove()
            return pair
        } catch {
            try await work.remove()
            throw error
        }
    }
}

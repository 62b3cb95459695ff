import MultipleSpawner

extension SSHKeyFiles {
    /// Makes a new key and writes it, in place of one that may be there.
    ///
    /// - Parameter comment: ends the public line; one line.
    public func make(_ type: SSHKeyType, comment: String) async throws -> SSHPublicKey {
        guard !comment.unicodeScalars.contains(where: \.isControl) else {
            throw SpawnError(.internal, "the comment '\(comment.excerpt)' is more than a line")
        }
        let pair: SSHKeyPair
        switch type {
        case .ed25519: pair = SSHKeyPair.ed25519(comment: comment)
        case .ecdsa: pair = SSHKeyPair.ecdsa(comment: comment)
        case .rsa(let bits): pair = try await rsa(bits, comment: comment)
        }
        try await store(pair)
        return pair.publicKey
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

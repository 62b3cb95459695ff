import Crypto
public import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An authority of our own that signs certificates for users' keys: machines that trust it let them in, without any
/// key being copied there.
///
/// Its key is ed25519, made at the first use and kept in a private file. What a machine needs is the line of the `.pub`
/// file beside it, in the file that sshd's `TrustedUserCAKeys` names.
public struct SSHCertificateAuthority: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    public let publicKey: SSHPublicKey

    init(_ key: Curve25519.Signing.PrivateKey, publicKey: SSHPublicKey) {
        self.key = key
        self.publicKey = publicKey
    }

    /// The authority whose key is in these files. Several that ask at once for a new one get the same.
    public static func open(_ files: SSHKeyFiles) async throws(SpawnError) -> SSHCertificateAuthority {
        let existing = try await files.load()
        let pair: SSHKeyPair
        if let existing {
            pair = existing
        } else {
            let isNew = try await FileWork.run { () throws(SpawnError) in
                try PrivateDirectory(making: files.directory).create(
                    files.name, OpenSSHPrivateKey.encode(.ed25519(comment: "multiplespawner certificate authority")))
            }
            guard let made = try await files.load() else {
                throw SpawnError(
                    .unavailable,
                    "the authority's key '\(files.privateFile.excerpt)' \(isNew ? "was removed" : "cannot be read")")
            }
            pair = made
        }
        var reader = SSHReader(pair.secretPart)
        guard pair.publicKey.type == "ssh-ed25519", reader.string() != nil, let secret = reader.string(),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: secret.prefix(32))
        else {
            throw SpawnError(
                .unsupported,
                "the authority's key '\(files.privateFile.excerpt)' is of the type \(pair.publicKey.type); use ed25519")
        }
        return SSHCertificateAuthority(key, publicKey: pair.publicKey)
    }

    /// Signs a certificate for a user's key.
    public func certify(_ key: SSHPublicKey, _ terms: SSHCertificate.Terms) throws(SpawnError) -> SSHCertificate {
        try Self.check(terms)
        let type = key.type + SSHCertificate.suffix
        var signed = SSHWriter()
        signed.text(type)
        signed.string((0..<32).map { _ in UInt8.random(in: 0...255) })
        // The key without its type, which stands at the beginning.
        signed.append(key.blob.dropFirst(4 + key.type.utf8.count))
        signed.longNumber(terms.serial)
        signed.number(1)
        signed.text(terms.keyID)
        signed.string(SSHWriter.encode { for name in terms.principals { $0.text(name) } })
        signed.longNumber(terms.validAfter)
        signed.longNumber(terms.validBefore)
        signed.string(Self.critical(terms))
        signed.string(Self.extensions(terms))
        signed.text("")
        signed.string(publicKey.blob)
        do {
            let signature = Array(try self.key.signature(for: signed.bytes))
            signed.string(
                SSHWriter.encode {
                    $0.text("ssh-ed25519")
                    $0.string(signature)
                })
        } catch {
            throw SpawnError(.internal, "a certificate cannot be signed", cause: error)
        }
        return SSHCertificate(type: type, blob: signed.bytes, key: key, authority: publicKey, terms: terms)
    }

    /// The options stand in the order of their names.
    private static func critical(_ terms: SSHCertificate.Terms) -> [UInt8] {
        guard !terms.sourceAddresses.isEmpty else { return [] }
        return SSHWriter.encode {
            $0.text("source-address")
            $0.string(SSHWriter.encode { $0.text(terms.sourceAddresses.joined(separator: ",")) })
        }
    }

    private static func extensions(_ terms: SSHCertificate.Terms) -> [UInt8] {
        SSHWriter.encode {
            if terms.permitsPortForwarding {
                $0.text("permit-port-forwarding")
                $0.text("")
            }
            if terms.permitsTerminal {
                $0.text("permit-pty")
                $0.text("")
            }
        }
    }

    /// A certificate without principals would let its owner in everywhere, to old versions of sshd.
    private static func check(_ terms: SSHCertificate.Terms) throws(SpawnError) {
        let texts = [terms.keyID] + terms.principals + terms.sourceAddresses
        guard !terms.principals.isEmpty, terms.validAfter < terms.validBefore, !texts.contains(where: \.isEmpty),
            !texts.joined().unicodeScalars.contains(where: \.isControl),
            !(terms.principals + terms.sourceAddresses).contains(where: { $0.utf8.contains(UInt8(ascii: ",")) })
        else {
            throw SpawnError(
                .invalidRequest,
                "a certificate for '\(terms.keyID.excerpt)' needs an account and a time in which it holds")
        }
    }
}

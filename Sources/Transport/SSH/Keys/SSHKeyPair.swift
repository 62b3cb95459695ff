import Crypto
public import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A user's key on the wire is what a machine's is.
public typealias SSHPublicKey = HostKey

/// A key with both its halves. It prints as its public one.
public struct SSHKeyPair: Sendable {
    public let publicKey: SSHPublicKey
    public let comment: String
    /// What only the owner knows, as `openssh-key-v1` has it after the type: for most types, the public half again first.
    let secretPart: [UInt8]

    init(publicKey: SSHPublicKey, secretPart: [UInt8], comment: String) {
        self.publicKey = publicKey
        self.secretPart = secretPart
        self.comment = comment
    }

    /// A new ed25519 key.
    public static func ed25519(comment: String = "") -> SSHKeyPair {
        SSHKeyPair(Curve25519.Signing.PrivateKey(), comment: comment)
    }

    /// The ed25519 key that is made of these 32 bytes; `nil` for any other number of them.
    public init?(ed25519Seed seed: [UInt8], comment: String = "") {
        guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            return nil
        }
        self.init(key, comment: comment)
    }

    init(_ key: Curve25519.Signing.PrivateKey, comment: String) {
        let half = Array(key.publicKey.rawRepresentation)
        let blob = SSHWriter.encode {
            $0.text("ssh-ed25519")
            $0.string(half)
        }
        let secret = SSHWriter.encode {
            $0.string(half)
            $0.string(Array(key.rawRepresentation) + half)
        }
        self.init(publicKey: SSHPublicKey(trusted: "ssh-ed25519", blob), secretPart: secret, comment: comment)
    }

    /// A new ECDSA key on the curve P-256.
    public static func ecdsa(comment: String = "") -> SSHKeyPair {
        let key = P256.Signing.PrivateKey()
        let type = "ecdsa-sha2-nistp256"
        let point = Array(key.publicKey.x963Representation)
        let blob = SSHWriter.encode {
            $0.text(type)
            $0.text("nistp256")
            $0.string(point)
        }
        let secret = SSHWriter.encode {
            $0.text("nistp256")
            $0.string(point)
            $0.bigNumber(Array(key.rawRepresentation))
        }
        return SSHKeyPair(publicKey: SSHPublicKey(trusted: type, blob), secretPart: secret, comment: comment)
    }

    /// The private key as a file of OpenSSH has it, without a passphrase: the same text for the same key and comment.
    public var privateText: Secret {
        let digest = Array(SHA256.hash(data: Array("check".utf8) + secretPart))
        let check = digest.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Secret(String(decoding: OpenSSHPrivateKey.encode(self, check: check), as: UTF8.self))
    }

    /// One line of `authorized_keys`, or of a `.pub` file, without its end.
    public var publicLine: String { "\(publicKey)\(comment.isEmpty ? "" : " \(comment)")" }
}

extension SSHKeyPair: CustomStringConvertible, CustomReflectable {
    public var description: String { publicLine.excerpt }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

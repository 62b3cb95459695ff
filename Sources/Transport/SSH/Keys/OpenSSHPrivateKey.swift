import Crypto
import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The file format of private keys, `openssh-key-v1`, without a passphrase. OpenSSH since 6.5 and libssh2 read it.
enum OpenSSHPrivateKey {
    static let begin = "-----BEGIN OPENSSH PRIVATE KEY-----"
    static let end = "-----END OPENSSH PRIVATE KEY-----"
    private static let magic = Array("openssh-key-v1\0".utf8)

    /// - Parameter check: stands twice in the secret part, so that a reader sees whether it was opened rightly.
    static func encode(_ pair: SSHKeyPair, check: UInt32 = .random(in: 0 ... .max)) -> [UInt8] {
        var inner = SSHWriter()
        inner.number(check)
        inner.number(check)
        inner.text(pair.publicKey.type)
        inner.append(pair.secretPart)
        inner.text(pair.comment)
        var padding: UInt8 = 1
        while inner.bytes.count % 8 != 0 {
            inner.append([padding])
            padding += 1
        }
        let whole = SSHWriter.encode {
            $0.append(magic)
            $0.text("none")
            $0.text("none")
            $0.text("")
            $0.number(1)
            $0.string(pair.publicKey.blob)
            $0.string(inner.bytes)
        }
        let text = Array(Data(whole).base64EncodedString().utf8)
        var file = Array(begin.utf8) + [UInt8(ascii: "\n")]
        for start in stride(from: 0, to: text.count, by: 70) {
            file += text[start..<min(start + 70, text.count)] + [UInt8(ascii: "\n")]
        }
        return file + Array(end.utf8) + [UInt8(ascii: "\n")]
    }

    /// - Throws: `unsupported` for a key with a passphrase, `invalid_request` for one that is damaged or whose halves do
    ///   not belong together.
    static func decode(_ file: [UInt8]) throws(SpawnError) -> SSHKeyPair {
        let lines = file.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        guard lines.count > 2, lines.first?.elementsEqual(begin.utf8) == true,
            lines.last?.elementsEqual(end.utf8) == true,
            let data = Data(base64Encoded: Data(lines.dropFirst().dropLast().joined()))
        else { throw damaged("it is not in OpenSSH's format") }
        var reader = SSHReader(data)
        guard reader.take(magic.count)?.elementsEqual(magic) == true, let cipher = reader.text(), reader.text() != nil,
            reader.string() != nil, reader.number() == 1, let blob = reader.string(), let inner = reader.string(),
            reader.isAtEnd
        else { throw damaged("it is cut off") }
        guard cipher == "none" else {
            throw SpawnError(
                .unsupported, "the private key has a passphrase; take it away with ssh-keygen -p, or use an agent")
        }
        guard let publicKey = SSHPublicKey(blob: blob) else { throw damaged("its type is not known") }
        return try pair(publicKey, inner)
    }

    private static func pair(_ publicKey: SSHPublicKey, _ inner: [UInt8]) throws(SpawnError) -> SSHKeyPair {
        var reader = SSHReader(inner)
        guard let check = reader.number(), reader.number() == check, reader.text() == publicKey.type else {
            throw damaged("its parts do not belong together")
        }
        let count = SSHKeyHalves.secretStrings(of: publicKey.type)
        var parts: [[UInt8]] = []
        for _ in 0..<count {
            guard let part = reader.string() else { throw damaged("it is cut off") }
            parts.append(part)
        }
        guard let comment = reader.string() else { throw damaged("it is cut off") }
        guard count > 0, SSHKeyHalves.match(publicKey, parts) else {
            throw damaged("its public half is not that of its private one")
        }
        return SSHKeyPair(
            publicKey: publicKey, secretPart: SSHWriter.encode { for part in parts { $0.string(part) } },
            comment: String(decoding: comment, as: UTF8.self))
    }

    private static func damaged(_ reason: String) -> SpawnError {
        SpawnError(.invalidRequest, "the private key cannot be read: \(reason)")
    }
}

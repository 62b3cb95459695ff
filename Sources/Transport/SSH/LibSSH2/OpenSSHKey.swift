import CLibSSH2

/// A private key in OpenSSH's own format, as far as it is open: everything, or all but the private half.
struct OpenSSHKey {
    /// As the protocol calls it: `ssh-ed25519`.
    let type: String
    let isEncrypted: Bool
    private let secrets: [UInt8]

    /// What RSA signs with, the highest byte first.
    struct RSANumbers {
        let modulus: [UInt8]
        let exponent: [UInt8]
        let secret: [UInt8]
    }

    /// `nil` where the text is not in this format.
    init?(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline)
        guard let first = lines.firstIndex(where: { $0.hasPrefix("-----BEGIN OPENSSH PRIVATE KEY-----") }),
            let last = lines.lastIndex(where: { $0.hasPrefix("-----END OPENSSH PRIVATE KEY-----") }), first < last
        else { return nil }
        let base64 = Array(lines[(first + 1)..<last].joined().utf8.filter { $0 > 0x20 })
        var bytes = [UInt8](repeating: 0, count: base64.count / 4 * 3 + 3)
        let count = EVP_DecodeBlock(&bytes, base64, Int32(base64.count))
        guard count > 0 else { return nil }
        // The padding is decoded to zero bytes, which are after the end of all that is read here.
        var reader = SSHReader(bytes.prefix(Int(count)))
        guard let magic = reader.take(15), magic.elementsEqual(Array("openssh-key-v1".utf8) + [0]),
            let cipher = reader.text(), reader.string() != nil, reader.string() != nil, reader.number() == 1,
            let blob = reader.string(), let secrets = reader.string()
        else { return nil }
        var key = SSHReader(blob)
        guard let type = key.text() else { return nil }
        self.type = type
        isEncrypted = cipher != "none"
        self.secrets = secrets
    }

    /// `nil` where it is no RSA key, or is encrypted.
    var rsaNumbers: RSANumbers? {
        var reader = SSHReader(secrets)
        guard !isEncrypted, let check = reader.number(), reader.number() == check, reader.text() == "ssh-rsa",
            let modulus = reader.string(), let exponent = reader.string(), let secret = reader.string()
        else { return nil }
        return RSANumbers(modulus: modulus, exponent: exponent, secret: secret)
    }
}

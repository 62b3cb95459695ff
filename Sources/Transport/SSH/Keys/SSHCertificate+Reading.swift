#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SSHCertificate {
    /// The line of a certificate's file. The signature is not examined.
    ///
    /// `nil` where it is no user certificate, or has terms that are not made here.
    public init?(line: String) {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2, let data = Data(base64Encoded: String(words[1])) else { return nil }
        var reader = SSHReader(data)
        guard let type = reader.text(), type == words[0], type.hasSuffix(Self.suffix), reader.string() != nil,
            let key = Self.key(of: String(type.dropLast(Self.suffix.count)), &reader),
            let serial = reader.longNumber(), reader.number() == 1, let keyID = reader.text(),
            let principals = reader.string(), let after = reader.longNumber(), let before = reader.longNumber(),
            let critical = reader.string().flatMap(Self.options),
            let extensions = reader.string().flatMap(Self.options),
            reader.string() != nil, let authority = reader.string().flatMap(SSHPublicKey.init(blob:)),
            reader.string() != nil, reader.isAtEnd, critical.keys.allSatisfy({ $0 == "source-address" })
        else { return nil }
        var names: [String] = []
        var rest = SSHReader(principals)
        while let name = rest.text() { names.append(name) }
        var addresses: [String] = []
        if let value = critical["source-address"] {
            var inner = SSHReader(value)
            guard let text = inner.text() else { return nil }
            addresses = text.split(separator: ",").map(String.init)
        }
        self.init(
            type: type, blob: Array(data), key: key, authority: authority,
            terms: Terms(
                keyID: keyID, serial: serial, principals: names, validAfter: after, validBefore: before,
                sourceAddresses: addresses, permitsPortForwarding: extensions["permit-port-forwarding"] != nil,
                permitsTerminal: extensions["permit-pty"] != nil))
    }

    /// The key itself stands in the middle, as many strings as its type has.
    private static func key(of type: String, _ reader: inout SSHReader) -> SSHPublicKey? {
        let counts = [
            "ssh-ed25519": 1, "ssh-rsa": 2, "ecdsa-sha2-nistp256": 2, "ecdsa-sha2-nistp384": 2,
            "ecdsa-sha2-nistp521": 2,
        ]
        guard let count = counts[type] else { return nil }
        var blob = SSHWriter()
        blob.text(type)
        for _ in 0..<count {
            guard let part = reader.string() else { return nil }
            blob.string(part)
        }
        return SSHPublicKey(blob: blob.bytes)
    }

    private static func options(_ bytes: [UInt8]) -> [String: [UInt8]]? {
        var reader = SSHReader(bytes)
        var options: [String: [UInt8]] = [:]
        while !reader.isAtEnd {
            guard let name = reader.text(), let value = reader.string() else { return nil }
            options[name] = value
        }
        return options
    }
}

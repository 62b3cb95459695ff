import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Whether the two halves of a key belong together.
enum SSHKeyHalves {
    /// How many strings a private key of a type has in `openssh-key-v1`; 0 for a type that is not known.
    static func secretStrings(of type: String) -> Int {
        switch type {
        case "ssh-ed25519": 2
        case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521": 3
        case "ssh-rsa": 6
        default: 0
        }
    }

    static func match(_ publicKey: SSHPublicKey, _ parts: [[UInt8]]) -> Bool {
        var reader = SSHReader(publicKey.blob)
        _ = reader.string()
        switch publicKey.type {
        case "ssh-ed25519":
            guard let half = reader.string(), parts[0] == half, parts[1].count == 64 else { return false }
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: parts[1].prefix(32))
            return key.map { Array($0.publicKey.rawRepresentation) == half } == true && parts[1].suffix(32) == half[...]
        case "ssh-rsa":
            // The factors are believed: a login tells.
            guard let exponent = reader.string(), let modulus = reader.string() else { return false }
            return parts[0] == modulus && parts[1] == exponent
        default:
            guard let curve = reader.string(), let point = reader.string(), parts[0] == curve, parts[1] == point else {
                return false
            }
            return derivedPoint(publicKey.type, parts[2]) == point
        }
    }

    private static func derivedPoint(_ type: String, _ number: [UInt8]) -> [UInt8]? {
        func padded(_ count: Int) -> [UInt8]? {
            let digits = number.drop { $0 == 0 }
            return digits.count > count ? nil : [UInt8](repeating: 0, count: count - digits.count) + digits
        }
        switch type {
        case "ecdsa-sha2-nistp256":
            let key = padded(32).flatMap { try? P256.Signing.PrivateKey(rawRepresentation: $0) }
            return key.map { Array($0.publicKey.x963Representation) }
        case "ecdsa-sha2-nistp384":
            let key = padded(48).flatMap { try? P384.Signing.PrivateKey(rawRepresentation: $0) }
            return key.map { Array($0.publicKey.x963Representation) }
        default:
            let key = padded(66).flatMap { try? P521.Signing.PrivateKey(rawRepresentation: $0) }
            return key.map { Array($0.publicKey.x963Representation) }
        }
    }
}

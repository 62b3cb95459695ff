import Crypto
import FoundationEssentials

@testable import Transport

/// Keys for files that no machine has.
extension HostKey {
    static func sample() -> HostKey {
        parts("ssh-ed25519", [Array(Curve25519.Signing.PrivateKey().publicKey.rawRepresentation)])
    }

    static func sampleECDSA() -> HostKey {
        parts(
            "ecdsa-sha2-nistp256",
            [Array("nistp256".utf8), Array(P256.Signing.PrivateKey().publicKey.x963Representation)])
    }

    private static func parts(_ type: String, _ parts: [[UInt8]]) -> HostKey {
        var blob: [UInt8] = []
        for part in [Array(type.utf8)] + parts {
            blob += withUnsafeBytes(of: UInt32(part.count).bigEndian, Array.init) + part
        }
        guard let key = HostKey(blob: blob) else { fatalError("a sample is no key") }
        return key
    }
}
